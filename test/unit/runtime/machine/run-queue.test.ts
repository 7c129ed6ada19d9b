import assert from 'node:assert/strict'
import { test } from 'node:test'

import { readSteal, readThreadShare } from '../../../../app/runtime/machine/run-queue.ts'

function read(path: string): string | undefined {
  return path === '/proc/self/task/42/schedstat' ? '1017778033 11493565 50\n' : undefined
}

test('a thread has run and waited in nanoseconds', () => {
  assert.deepEqual(readThreadShare(42, read), { ranMs: 1017.778033, waitedMs: 11.493565 })
  assert.equal(readThreadShare(43, read), undefined)
  // No thread has begun.
  assert.equal(readThreadShare(0, read), undefined)
  // A kernel without CONFIG_SCHED_INFO.
  assert.equal(
    readThreadShare(42, () => ''),
    undefined,
  )
})

test('stolen time is the eighth column, of the sum of eight', () => {
  const stat = 'cpu  1000 200 300 4000 50 6 70 80 9 9\ncpu0 1 2 3 4 5 6 7 8 9 10\n'
  assert.deepEqual(
    readSteal(() => stat),
    { stolen: 80, all: 5706 },
  )
  assert.equal(
    readSteal(() => undefined),
    undefined,
  )
  assert.equal(
    readSteal(() => 'cpu0 1 2 3'),
    undefined,
  )
})

test('the kernel shows the figures of this process', () => {
  const share = readThreadShare(process.pid)
  if (share !== undefined) assert.ok(share.ranMs > 0 && share.waitedMs >= 0)
})
