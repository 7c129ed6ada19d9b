import assert from 'node:assert/strict'
import { test } from 'node:test'

import { readThrottling } from '../../../../app/runtime/machine/throttling.ts'

const version2 = {
  '/proc/self/mountinfo': '29 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
  '/proc/self/cgroup': '0::/pod/c\n',
  '/sys/fs/cgroup/cgroup.controllers': 'cpu memory\n',
}
const version1 = {
  '/proc/self/mountinfo': '32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n',
  '/proc/self/cgroup': '1:cpu,cpuacct:/c\n',
}

function read(tree: Readonly<Record<string, string>>): ReturnType<typeof readThrottling> {
  return readThrottling((path) => tree[path])
}

test('version 2 counts in microseconds; the level whose quota applies is reported', () => {
  const leaf = 'usage_usec 9\nnr_periods 5\nnr_throttled 0\nthrottled_usec 0\n'
  const pod = 'usage_usec 9\nnr_periods 40\nnr_throttled 30\nthrottled_usec 2500000\n'
  assert.deepEqual(
    read({
      ...version2,
      '/sys/fs/cgroup/pod/c/cpu.stat': leaf,
      '/sys/fs/cgroup/pod/cpu.stat': pod,
      '/sys/fs/cgroup/cpu.stat': 'usage_usec 9\n',
    }),
    { periods: 40, throttledPeriods: 30, throttledSeconds: 2.5 },
  )
})

test('version 1 counts in nanoseconds', () => {
  const stat = 'nr_periods 16\nnr_throttled 16\nthrottled_time 1500000000\n'
  assert.deepEqual(read({ ...version1, '/sys/fs/cgroup/cpu/c/cpu.stat': stat }), {
    periods: 16,
    throttledPeriods: 16,
    throttledSeconds: 1.5,
  })
})

test('without figures, or with nonsense, there is no throttling', () => {
  assert.equal(read({}), undefined)
  assert.equal(read(version1), undefined)
  assert.equal(read({ ...version1, '/sys/fs/cgroup/cpu/c/cpu.stat': 'nr_periods x\n' }), undefined)
})
