import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  type JobKind,
  type JobThread,
  largestNumber,
  numberOfKind,
  runJob,
  scramble,
} from '../../../app/traffic/jobs.ts'

/** A thread whose sleeps and whose CPU time a test can read. */
function createThread(wantedLooks = Number.POSITIVE_INFINITY) {
  const slept: number[] = []
  let [cpuMs, looks] = [0, 0]
  const thread: JobThread = {
    sleep: (ms) => void slept.push(ms),
    isWanted: () => looks++ < wantedLooks,
    // Half a millisecond from each look to the next.
    cpuMs: () => (cpuMs += 0.5),
  }
  return { thread, slept, looks: () => looks }
}

function run(kind: JobKind, argument: number, thread: JobThread): number {
  return runJob(numberOfKind(kind), argument, thread)
}

test('the intensive job is 10,000 rounds of x * 31 modulo a million, of any number there is', () => {
  const { thread } = createThread()
  for (const number of [0, 1, 7, 999_999, largestNumber]) {
    let x = BigInt(number)
    for (let round = 0; round < 10_000; round++) x = (x * 31n) % 1_000_000n
    assert.equal(run('intensive', number, thread), Number(x))
    assert.equal(scramble(number), Number(x))
  }
})

test('the complex job sleeps for 5 ms and squares', () => {
  const { thread, slept } = createThread()
  assert.equal(run('complex', largestNumber, thread), 1e12)
  assert.deepEqual(slept, [5])
})

test('a wait sleeps, and burning does not', () => {
  const { thread, slept, looks } = createThread()
  run('wait', 250, thread)
  assert.deepEqual(slept, [250])
  run('burn', 20, thread)
  assert.deepEqual(slept, [250])
  assert.equal(looks(), 40, 'it burns 20 ms of CPU, half a millisecond at a time')
})

test('burning stops when nobody waits for it', () => {
  const { thread, looks } = createThread(3)
  run('burn', 3_600_000, thread)
  assert.equal(looks(), 4)
})

test('a kind that does not exist is a bug', () => {
  assert.throws(() => runJob(99, 1, createThread().thread), RangeError)
})
