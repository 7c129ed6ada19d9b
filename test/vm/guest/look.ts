import { run } from '../../support/programs.ts'
import type { Case, View } from '../cases.ts'
import type { Sight } from '../reports.ts'
import { Groups, enter } from './groups.ts'

const withinMs = 120_000

// What a runtime does before it hands over. The host's mount goes, so that a container has only its own.
const views: Readonly<Record<View, string>> = {
  host: 'exec "$@"',
  namespace: `exec unshare --cgroup --mount sh -c '
    umount /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && exec "$@"' sh "$@"`,
  'own mount': `exec unshare --mount sh -c '
    mount -n --bind "$0" /mnt && umount /sys/fs/cgroup && mount -n --move /mnt /sys/fs/cgroup && exec "$@"
  ' "$0" "$@"`,
}

const command = 'node --import ./test/vm/guest/node-view.js app/main.js --explain-resources'

/** What the origin makes of a case, asked as a user asks it. */
export async function look(given: Case, name: string): Promise<Sight> {
  const { affinity, view = 'host', flags = [] } = given
  const groups = new Groups(name)
  groups.limit(given)
  const pinned = affinity === undefined ? [] : ['taskset', '--cpu-list', affinity]
  const words = [...pinned, ...command.split(' '), ...flags]
  const { code, stdout, stderr } = await run(
    'sh',
    enter(groups.container, ['sh', '-c', views[view], groups.container, ...words]),
    { withinMs },
  )
  return { code, stdout: stdout.toString(), stderr }
}
