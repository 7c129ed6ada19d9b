import { spawn } from 'node:child_process'
import type { TestContext } from 'node:test'

import { anyPorts } from './any-ports.ts'
import { atEnd } from './at-end.ts'
import type { Group } from './groups.ts'
import { type TestOrigin, type TestSettings, endChild, environmentOf, originOf } from './origin.ts'
import { type Ended, run } from './programs.ts'

const quickSettings: TestSettings = {
  ...anyPorts,
  'http.host': '127.0.0.1',
  'admin.host': '127.0.0.1',
  'drain.quiet': '50ms',
  'drain.notice': '1s',
  'drain.deadline': '5s',
}

// Joins the groups named before `--`, then becomes the program after it: a process that begins in its
// group, as the one of a container does.
const joinAndBecome =
  'while [ "$1" != -- ]; do echo $$ > "$1" || exit 99; shift; done; shift; exec "$@"'

function wordsIn(groups: readonly Group[], flags: readonly string[]): readonly string[] {
  const files = groups.map(({ joinFile }) => joinFile)
  return ['-c', joinAndBecome, 'sh', ...files, '--', process.execPath, 'app/main.ts', ...flags]
}

/** What `--explain-resources` prints in these groups. */
export async function explainIn(groups: readonly Group[]): Promise<string> {
  const { code, stdout, stderr }: Ended = await run('sh', wordsIn(groups, ['--explain-resources']))
  if (code !== 0) throw new Error(`--explain-resources ended with ${code}: ${stderr}`)
  return stdout.toString()
}

/** Starts the origin in real groups, with as many workers as it finds right; ends it with the test. */
export async function startOriginIn(
  t: TestContext,
  groups: readonly Group[],
  settings: TestSettings = {},
): Promise<TestOrigin> {
  const child = spawn('sh', wordsIn(groups, []), {
    env: { ...process.env, ...environmentOf({ ...quickSettings, ...settings }) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { whenReady, exited } = originOf(child)
  // However it ends: a test of a memory limit may have it killed.
  atEnd(t, () => endChild(child, exited))
  return whenReady
}
