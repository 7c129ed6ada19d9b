// Whether the kernel takes the data of a SYN depends on a sysctl, and the backlog on another, so this
// runs in networks of its own, where both are as the test says.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { SocketReport } from '../../app/runtime/sockets/report.ts'
import { without } from '../support/tools.ts'

const run = promisify(execFile)
// With a user namespace, so that anybody may.
const unshare = ['--user', '--map-root-user', '--net']
const program = fileURLToPath(new URL('fast-open-alone.ts', import.meta.url))

const look = 'command -v ip nstat && echo 3 > /proc/sys/net/ipv4/tcp_fastopen'
const isAlone = spawnSync('unshare', [...unshare, 'sh', '-c', look]).status === 0
const skip =
  without('curl') ||
  (isAlone ? false : 'no network of our own can be had (unshare), or iproute2 is missing')

interface Finding {
  readonly reports: readonly SocketReport[]
  /** Connections whose data came with the SYN, as the kernel counts them: after each engine's calls. */
  readonly passive: readonly number[]
}

async function findAlone(
  fastOpen: number,
  asked: 'on' | 'off',
  somaxconn = 4096,
): Promise<Finding> {
  const script = [
    'ip link set lo up',
    `echo ${fastOpen} > /proc/sys/net/ipv4/tcp_fastopen`,
    `echo ${somaxconn} > /proc/sys/net/core/somaxconn`,
    'exec "$0" "$@"',
  ].join(' && ')
  const command = ['sh', '-c', script, process.execPath, program, asked]
  const { stdout } = await run('unshare', [...unshare, ...command])
  return JSON.parse(stdout) as Finding
}

test('fastOpen: the kernel takes the data of the SYN on both engines', { skip }, async () => {
  const { reports, passive } = await findAlone(3, 'on')
  for (const { fastOpen } of reports) assert.deepEqual(fastOpen, { asked: true, kernel: 256 })
  // The first of curl's three calls fetches the cookie, which is the host's, not the port's.
  assert.deepEqual(passive, [2, 5])
})

test('fastOpen: without the sysctl it takes none, as the note says', { skip }, async () => {
  const { reports, passive } = await findAlone(1, 'on')
  for (const { fastOpen } of reports) {
    assert.equal(fastOpen.kernel, 256)
    assert.match(fastOpen.note ?? '', /no SYN's data is taken: net\.ipv4\.tcp_fastopen is 1 /)
  }
  assert.deepEqual(passive, [0, 0])
})

test('fastOpen off holds where the kernel gives it to every socket', { skip }, async () => {
  // 1024 is TFO_SERVER_WO_SOCKOPT1: listen() alone switches it on.
  const { reports, passive } = await findAlone(1027, 'off')
  for (const { fastOpen } of reports) assert.deepEqual(fastOpen, { asked: false, kernel: 0 })
  assert.deepEqual(passive, [0, 0])
})

test('a small somaxconn caps the backlog and the queue of fastOpen', { skip }, async () => {
  const { reports } = await findAlone(3, 'on', 100)
  for (const { backlog, fastOpen } of reports) {
    assert.deepEqual([backlog.kernel, fastOpen.kernel], [100, 100])
    assert.match(
      backlog.note ?? '',
      /^4096 is more than net\.core\.somaxconn allows, which is 100$/,
    )
    assert.match(fastOpen.note ?? '', /^256 is more than net\.core\.somaxconn allows/)
  }
})
