import assert from 'node:assert/strict'
import { test } from 'node:test'

import { startOrigin } from '../support/origin.ts'
import { connectTo, rawRequest } from '../support/raw.ts'
import { scrape } from '../support/scrape.ts'
import { until } from '../support/wait.ts'

// What an exchange that waits holds in the heap is its target, as text.
const heldBytes = 60_000
const longQuery = `/delay/600000?_=${'y'.repeat(heldBytes)}`

test('a worker whose heap is nearly full is replaced once, while it serves, and that is logged', async (t) => {
  const origin = await startOrigin(t, {
    'heap.oldMiB': 24,
    'heap.youngMiB': 2,
    'drain.quiet': '50ms',
    'drain.notice': '200ms',
    'drain.deadline': '1s',
  })
  const isFull = (): boolean =>
    origin.log.some(({ msg }) => msg === 'heap nearly full: replacing worker')
  for (let held = 0; held < 1000 && !isFull(); held++) {
    connectTo(t, origin).send(rawRequest(`GET ${longQuery}`))
    // As fast as one a turn of the primary's look would be faster than V8 can tell of a full heap.
    await until(
      'it waits',
      async () => isFull() || ((await scrape(origin)).activeRequests ?? 0) > held,
    )
  }
  const line = await origin.waitForLog(({ msg }) => msg === 'heap nearly full: replacing worker')
  const { used, limit } = line
  t.diagnostic(`${String(used)} of ${String(limit)} bytes in use after a full collection`)
  assert.ok(Number(used) >= 0.8 * Number(limit))
  await until('another worker serves', async () => {
    const numbers = await scrape(origin)
    return numbers.value('hpdummy_workers') === 1 && numbers.activeRequests === 0
  })
  assert.equal((await fetch(`${origin.url}/bin/1K`)).status, 200)
  const recycles = (await scrape(origin)).value('hpdummy_worker_recycles_total', { reason: 'heap' })
  assert.equal(recycles, 1)
})
