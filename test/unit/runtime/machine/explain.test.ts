import assert from 'node:assert/strict'
import { test } from 'node:test'

import { explainResources } from '../../../../app/runtime/machine/explain.ts'
import { fileBudget } from '../../../../app/runtime/machine/open-files.ts'
import type { Quota } from '../../../../app/runtime/machine/quota.ts'

const mib = 2 ** 20

const quota: Quota = {
  cpus: 1.5,
  cpuSource: '/sys/fs/cgroup/p/cpu.max',
  memoryBytes: 256 * mib,
  memorySource: '/sys/fs/cgroup/p/c/memory.max',
  findings: [
    { resource: 'cpu', source: '/proc/self/status Cpus_allowed_list', text: '0-7', value: 8 },
    { resource: 'cpu', source: '/sys/fs/cgroup/p/c/cpu.max', text: 'max 100000', value: undefined },
    { resource: 'cpu', source: '/sys/fs/cgroup/p/cpu.max', text: '150000 100000', value: 1.5 },
    {
      resource: 'memory',
      source: '/sys/fs/cgroup/p/c/memory.max',
      text: String(256 * mib),
      value: 256 * mib,
    },
    {
      resource: 'memory',
      source: '/sys/fs/cgroup/p/memory.max',
      text: 'max',
      value: undefined,
    },
  ],
}

test('the explanation names every level, marks the one that won, and shows the result', () => {
  const heap = { oldMiB: 149, youngMiB: 16, reason: 'profile balanced', isTight: false }
  assert.equal(
    explainResources(
      quota,
      { workers: 1, reason: 'one for each whole core', heap },
      {
        files: fileBudget(1200, { asked: 'auto', workers: 1 }),
        bufferedBytes: 57 * mib,
        pool: { threads: 2, threadBytes: 20 * mib, queue: 10_000 },
        limits: [
          { name: 'ports', text: 'enough of them', mend: undefined },
          { name: 'backlog', text: 'too short', mend: 'sysctl -w it=longer' },
        ],
      },
    ),
    `  cpu    8 cores      /proc/self/status Cpus_allowed_list: 0-7
  cpu    no limit     /sys/fs/cgroup/p/c/cpu.max: max 100000
* cpu    1.5 cores    /sys/fs/cgroup/p/cpu.max: 150000 100000
* memory 256 MiB      /sys/fs/cgroup/p/c/memory.max: ${256 * mib}
  memory no limit     /sys/fs/cgroup/p/memory.max: max
cpu     1.5 cores, by /sys/fs/cgroup/p/cpu.max
memory  256 MiB, by /sys/fs/cgroup/p/c/memory.max
workers 1: one for each whole core
heap    149 MiB old and 16 MiB young for each worker: profile balanced
files   1200, by RLIMIT_NOFILE (ulimit -n): 906 connections, of 262144 asked for; 294 kept for everything else, of which 150 are connections of the admin port
buffered 57 MiB of clients' bytes at once, over all workers (limits.buffered)
pool    up to 2 threads for work, 20 MiB each, started when there is work and memory; 10000 jobs may wait

limits of the system, with ! where one is too low
  ports   enough of them
! backlog too short: sysctl -w it=longer
`,
  )
})
