import assert from 'node:assert/strict'
import { after, mock, test } from 'node:test'

import { JobQueue } from '../../../../app/budgets/job-queue.ts'
import { createJobCells } from '../../../../app/budgets/job-slots.ts'
import { OriginError } from '../../../../app/errors.ts'
import { WorkPool } from '../../../../app/runtime/pool/work-pool.ts'
import { monotonicMs } from '../../../../app/telemetry/clock.ts'

// A promise of Atomics.waitAsync does not keep a thread alive; in a worker the listeners do.
const alive = setInterval(() => {}, 1000)
after(() => clearInterval(alive))

const never = new AbortController().signal
const job = { kind: 'wait', argument: 5 } as const

function createPool(timeoutMs = 0) {
  const jobs = createJobCells()
  const queue = new JobQueue(jobs, monotonicMs)
  queue.setLimits(1, 1)
  const onFull = mock.fn()
  return { queue, onFull, pool: new WorkPool({ jobs, timeoutMs: () => timeoutMs, onFull }) }
}

/** Rejects with a refusal of that code. */
function refuses(work: Promise<unknown>, code: string): Promise<void> {
  return assert.rejects(work, (error) => error instanceof OriginError && error.code === code)
}

test('a job comes back with the result of its thread', async () => {
  const { queue, pool } = createPool()
  const done = pool.run(job, never)
  queue.admitThread()
  const slot = queue.take(7, 0) ?? 0
  queue.finish(slot, 42)
  const { id, thread, result, queuedMs, workMs } = await done
  assert.deepEqual([id, thread, result], [1, 7, 42])
  assert.ok(queuedMs >= 0 && workMs >= 0)
})

test('a job is refused and counted when the queue is full', async () => {
  const { queue, pool, onFull } = createPool()
  const leaving = new AbortController()
  const waiting = [pool.run(job, leaving.signal), pool.run(job, leaving.signal)]
  await refuses(pool.run(job, never), 'SERVICE_OVERLOADED')
  assert.equal(onFull.mock.callCount(), 1)
  const why = new Error('left')
  leaving.abort(why)
  for (const one of waiting) await assert.rejects(one, why)
  assert.equal(queue.depth, 0)
})

test('a job that is not done in time is refused and leaves the queue', async () => {
  const { queue, pool } = createPool(10)
  await refuses(pool.run(job, never), 'TIMEOUT')
  assert.equal(queue.depth, 0)
})

test('a job whose thread is lost has failed', async () => {
  const { queue, pool } = createPool()
  const done = pool.run(job, never)
  queue.admitThread()
  queue.take(0, 0)
  queue.loseThread(0, true)
  await refuses(done, 'PROCESSING_ERROR')
})

test('shortly before the deadline of a drain all jobs are refused, new ones, too', async () => {
  const { queue, pool } = createPool()
  const done = pool.run(job, never)
  queue.admitThread()
  const slot = queue.take(0, 0) ?? 0
  const waiting = pool.run(job, never)
  pool.drain(10)
  assert.equal(queue.isWanted(slot), true, 'there is time left')
  await refuses(done, 'DRAINING')
  await refuses(waiting, 'DRAINING')
  assert.equal(queue.isWanted(slot), false)
  await refuses(pool.run(job, never), 'DRAINING')
})
