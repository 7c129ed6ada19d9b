import assert from 'node:assert/strict'
import { test } from 'node:test'

import { JobQueue } from '../../../app/budgets/job-queue.ts'
import { createJobCells } from '../../../app/budgets/job-slots.ts'

interface Made {
  readonly queue: JobQueue
  /** Another thread's view of the same queue. */
  readonly other: JobQueue
  readonly clock: { nowMs: number }
}

function createQueue(threads: number, waiting: number): Made {
  const memory = createJobCells()
  const clock = { nowMs: 0 }
  const nowMs = (): number => clock.nowMs
  const queue = new JobQueue(memory, nowMs)
  queue.setLimits(threads, waiting)
  return { queue, other: new JobQueue(memory, nowMs), clock }
}

function submit(queue: JobQueue, argument: number): number {
  const slot = queue.submit({ kind: 2, argument })
  assert.ok(slot !== undefined, `no room for job ${argument}`)
  return slot
}

function take(queue: JobQueue, thread: number): number {
  const slot = queue.take(thread, 0)
  assert.ok(slot !== undefined, 'no job to take')
  return slot
}

test('jobs are taken in the order they came, and each owner gets its own result and times', () => {
  const { queue, other, clock } = createQueue(2, 10)
  const slots = [submit(queue, 5), submit(other, 6), submit(queue, 7)]
  for (let thread = 0; thread < 3; thread++) assert.equal(queue.admitThread(), thread < 2)
  clock.nowMs = 10
  const [first, second] = [take(queue, 0), take(other, 1)]
  assert.deepEqual(
    [queue.jobOf(first), queue.jobOf(second)],
    [
      { kind: 2, argument: 5 },
      { kind: 2, argument: 6 },
    ],
  )
  assert.deepEqual([queue.depth, queue.busy, queue.threads], [1, 2, 2])
  clock.nowMs = 14
  // The second is done before the first.
  other.finish(second, 36)
  queue.finish(first, 25)
  const third = take(other, 1)
  queue.finish(third, 49)
  const results = slots.map((slot) => queue.collect(slot))
  assert.deepEqual(
    results.map(({ id, thread, result }) => [id, thread, result]),
    [
      [1, 0, 25],
      [2, 1, 36],
      [3, 1, 49],
    ],
  )
  assert.deepEqual([results[0]?.queuedMs, results[0]?.workMs], [10, 4])
  assert.deepEqual([queue.depth, queue.busy], [0, 0])
})

test('over all workers there are never more jobs than threads and places in the queue', () => {
  const { queue, other } = createQueue(2, 3)
  for (let job = 0; job < 5; job++) submit(job % 2 === 0 ? queue : other, job)
  assert.equal(queue.submit({ kind: 0, argument: 1 }), undefined)
  assert.equal(other.submit({ kind: 0, argument: 1 }), undefined)
  queue.admitThread()
  const running = take(queue, 0)
  assert.equal(other.submit({ kind: 0, argument: 1 }), undefined, 'one that runs has its place')
  queue.finish(running, 1)
  submit(other, 6)
  assert.equal(queue.submit({ kind: 0, argument: 1 }), undefined)
  queue.setLimits(2, 4)
  submit(queue, 7)
})

test('an abandoned job leaves the queue, wherever it is in it', () => {
  for (const gone of [0, 1, 2]) {
    const { queue } = createQueue(1, 2)
    const slots = [submit(queue, 0), submit(queue, 1), submit(queue, 2)]
    queue.admitThread()
    queue.giveUp(slots[gone] ?? 0)
    assert.equal(queue.depth, 2)
    const slot = submit(queue, 3)
    const order = Array.from({ length: 3 }, () => {
      const taken = take(queue, 0)
      queue.finish(taken, 0)
      return queue.jobOf(taken).argument
    })
    assert.deepEqual(
      order,
      [0, 1, 2, 3].filter((argument) => argument !== gone),
    )
    assert.equal(queue.collect(slot).id, 4)
  }
})

test('a running job that is abandoned frees its place when it ends', () => {
  const { queue, other } = createQueue(1, 0)
  const slot = submit(queue, 1)
  queue.admitThread()
  assert.equal(take(other, 0), slot)
  assert.equal(other.isWanted(slot), true)
  queue.giveUp(slot)
  assert.equal(other.isWanted(slot), false)
  assert.equal(queue.submit({ kind: 0, argument: 2 }), undefined, 'its thread is not free yet')
  other.finish(slot, 1)
  const next = submit(queue, 3)
  assert.equal(next, slot, 'the place is used again')
  assert.equal(queue.isPending(next), true)
})

test('waiting for a job ends when it is done or abandoned', async () => {
  const { queue, other } = createQueue(1, 5)
  const [first, second] = [submit(queue, 1), submit(queue, 2)]
  queue.admitThread()
  const firstOver = queue.change(first, 10_000)
  const secondOver = queue.change(second, 10_000)
  other.finish(take(other, 0), 1)
  await firstOver
  assert.equal(queue.isPending(first), false)
  assert.equal(queue.isPending(second), true)
  queue.giveUp(second)
  await secondOver
})

test('a thread ends when it is idle or when there are too many', () => {
  const { queue } = createQueue(2, 5)
  submit(queue, 1)
  submit(queue, 2)
  assert.deepEqual([queue.admitThread(), queue.admitThread()], [true, true])
  queue.setLimits(1, 5)
  assert.equal(queue.take(1, 1000), undefined)
  assert.equal(queue.threads, 1)
  for (const _ of [1, 2]) queue.finish(take(queue, 0), 0)
  assert.equal(queue.take(0, 1), undefined)
  assert.equal(queue.threads, 0)
})

test('a lost thread fails its own job, and waiting jobs only when no thread can be started', () => {
  const { queue } = createQueue(2, 5)
  const slots = [submit(queue, 1), submit(queue, 2), submit(queue, 3)]
  queue.admitThread()
  queue.admitThread()
  take(queue, 0)
  take(queue, 1)
  queue.loseThread(0, true)
  assert.deepEqual(
    slots.map((slot) => queue.isPending(slot)),
    [false, true, true],
  )
  assert.equal(queue.collect(slots[0] ?? 0).result, undefined)
  assert.deepEqual([queue.threads, queue.busy, queue.depth], [1, 1, 1])
  queue.loseThread(1, true)
  assert.deepEqual(
    slots.slice(1).map((slot) => queue.isPending(slot)),
    [false, true],
  )
  assert.equal(queue.admitThread(), true, 'another may do what waits')
  queue.loseThread(2, false)
  assert.equal(queue.isPending(slots[2] ?? 0), false)
  assert.deepEqual([queue.threads, queue.busy, queue.depth], [0, 0, 0])
})
