import assert from 'node:assert/strict'
import { test } from 'node:test'

import { fileBudget } from '../../../../app/runtime/machine/open-files.ts'
import { type LimitFacts, systemLimits } from '../../../../app/runtime/machine/system-limits.ts'

const mib = 2 ** 20

function mends(facts: Partial<LimitFacts>, files: Readonly<Record<string, string>> = {}): object {
  const kernel: Readonly<Record<string, string>> = {
    '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
    '/proc/sys/net/core/somaxconn': '4096\n',
    ...files,
  }
  const limits = systemLimits({
    files: fileBudget(undefined, { asked: 10_000, workers: 1 }),
    backlog: 4096,
    memoryBytes: 512 * mib,
    read: (path) => kernel[path],
    ...facts,
  })
  return Object.fromEntries(
    limits.flatMap(({ name, mend }) => (mend === undefined ? [] : [[name, mend]])),
  )
}

test('a kernel with its defaults needs no correction', () => {
  assert.deepEqual(mends({}), {})
})

test('each limit that is too low comes with its correction', () => {
  assert.match(
    JSON.stringify(mends({ files: fileBudget(1024, { asked: 10_000, workers: 1 }) })),
    /"files":"ulimit -n 10272 /,
  )
  assert.deepEqual(mends({}, { '/proc/sys/net/core/somaxconn': '128\n' }), {
    backlog: 'sysctl -w net.core.somaxconn=4096',
  })
  assert.deepEqual(mends({}, { '/proc/sys/net/ipv4/ip_local_port_range': '50000\t50999' }), {
    ports: 'sysctl -w net.ipv4.ip_local_port_range="1024 65535"',
  })
  assert.deepEqual(mends({ memoryBytes: 64 * mib }), {
    memory: '--limits-connections=6971, or a memory limit of 92 MiB',
  })
})

test('limits that the kernel does not show are left out', () => {
  const names = systemLimits({
    files: fileBudget(undefined, { asked: 10, workers: 1 }),
    backlog: 4096,
    memoryBytes: undefined,
    read: () => undefined,
  }).map(({ name }) => name)
  assert.deepEqual(names, ['files', 'memory'])
})
