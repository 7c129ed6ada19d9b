import assert from 'node:assert/strict'
import { test } from 'node:test'

import { drip } from '../../../../app/endpoints/http/drip.ts'
import { createFakeExchange } from '../../../support/exchange.ts'

/** The bytes of all chunks, without their waits. */
async function drippedBytes(bytes: number, duration: number): Promise<number> {
  const values = { bytes, duration, delay: 0, code: 200 }
  const { body } = await drip.handle(createFakeExchange(), values)
  // All at once is one payload.
  if (body.kind === 'sized') return body.end - body.start
  assert.ok(body.kind === 'stream')
  let total = 0
  for (const { render } of body.chunks) total += Buffer.byteLength(render())
  return total
}

// An hour is 3.6 million writes; with this many bytes their products pass 2^53.
test('a drip is as long as it was asked to be, for small and for large ones', async () => {
  for (const [bytes, duration] of [
    [1, 0],
    [7, 3],
    [1000, 10],
    [2_501_999_101, 3_600_000],
  ] as const) {
    assert.equal(await drippedBytes(bytes, duration), bytes)
  }
})
