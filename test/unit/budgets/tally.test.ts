import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

import { Tally, createTallyCells } from '../../../app/budgets/tally.ts'

test('each key is counted for itself', () => {
  const tally = new Tally(createTallyCells())
  assert.deepEqual(
    ['a', 'b', 'a', 'a', 'b'].map((key) => tally.next(key)),
    [0, 0, 1, 2, 1],
  )
})

test('a period begins with its first count, and the next one after it', (t) => {
  let now = 1_000_000
  t.mock.method(performance, 'now', () => now)
  const tally = new Tally(createTallyCells())
  assert.deepEqual(tally.nextWithin('a', 1000), { count: 1, leftMs: 1000 })
  now += 400
  assert.deepEqual(tally.nextWithin('a', 1000), { count: 2, leftMs: 600 })
  now += 600
  assert.deepEqual(tally.nextWithin('a', 1000), { count: 1, leftMs: 1000 })
})

test('new keys replace old ones when there is no room, and nothing grows', () => {
  const cells = createTallyCells()
  const tally = new Tally(cells)
  const { byteLength } = cells
  for (let key = 0; key < 100_000; key++) tally.next(`key ${key}`)
  assert.equal(cells.byteLength, byteLength)
  assert.equal(tally.next('key 99999'), 1)
})

test('threads count together, to the last one', async () => {
  const cells = createTallyCells()
  const source = `
    import { workerData } from 'node:worker_threads'
    import { Tally } from ${JSON.stringify(new URL('../../../app/budgets/tally.ts', import.meta.url).href)}
    const tally = new Tally(workerData)
    for (let at = 0; at < 5000; at++) tally.next('one')`
  const threads = [1, 2].map(
    () =>
      new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
        workerData: cells,
      }),
  )
  await Promise.all(threads.map((thread) => once(thread, 'exit')))
  assert.equal(new Tally(cells).next('one'), 10_000)
})
