// Threads of the compute pool are memory: they start when there is work, and as far as the memory limit has room.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'

import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { scrape } from '../support/scrape.ts'
import { until } from '../support/wait.ts'

async function poolOf(origin: TestOrigin): Promise<readonly (number | undefined)[]> {
  const seen = await scrape(origin)
  const threads = (state: string): number | undefined =>
    seen.value('hpdummy_pool_threads', { state })
  return [threads('started'), threads('busy'), seen.value('hpdummy_pool_queue_depth')]
}

/** Has four clients wait for work until the test is over; resolves when the pool has so many threads, all busy. */
async function startWork(t: TestContext, origin: TestOrigin, threads: number): Promise<void> {
  const leave = new AbortController()
  t.after(() => leave.abort())
  for (let client = 0; client < 4; client++) {
    fetch(`${origin.url}/work/1h`, { signal: leave.signal }).catch(() => {})
  }
  const wanted = [threads, threads, 4 - threads]
  await until(`${threads} threads are busy`, () => poolOf(origin), {
    holds: (pool) => pool.every((value, at) => value === wanted[at]),
  })
}

test('without a memory limit, there is a thread for each job, up to pool.workers', async (t) => {
  const origin = await startOrigin(t, { 'pool.workers': 3 })
  assert.deepEqual(await poolOf(origin), [0, 0, 0])
  await startWork(t, origin, 3)
})

test('where memory is short there is one thread, and jobs wait for it', async (t) => {
  // Less than the process has already.
  const origin = await startOrigin(t, { 'pool.workers': 3, 'quota.memory': '64M' })
  await startWork(t, origin, 1)
})

test('a free thread is used again, and no other is started', async (t) => {
  const origin = await startOrigin(t, { 'pool.workers': 4 })
  for (let round = 0; round < 20; round++) {
    const answer = await fetch(`${origin.url}/work/1`)
    assert.equal(((await answer.json()) as { readonly worker: number }).worker, 0)
  }
  assert.deepEqual(await poolOf(origin), [1, 0, 0])
})
