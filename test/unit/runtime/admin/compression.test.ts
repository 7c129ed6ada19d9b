import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'

import { compress } from '../../../../app/runtime/admin/compression.ts'
import type { AdminAnswer } from '../../../../app/runtime/admin/route.ts'

const long = 'hpdummy_workers 2\n'.repeat(100)

test('a long text is compressed for a client that takes gzip, and only then', () => {
  const answer: AdminAnswer = { contentType: 'text/plain; version=0.0.4', body: long }
  const { headers, body } = compress(answer, 'gzip')
  assert.deepEqual(headers, { Vary: 'Accept-Encoding', 'Content-Encoding': 'gzip' })
  assert.ok(Buffer.isBuffer(body) && body.length < long.length / 10)
  assert.equal(gunzipSync(body).toString(), long)
  assert.deepEqual(compress(answer, undefined), { ...answer, headers: { Vary: 'Accept-Encoding' } })
})

test('a compressed page has a weak tag and keeps its other headers', () => {
  const headers = { ETag: '"abc"', 'Cache-Control': 'no-cache' }
  const page: AdminAnswer = { contentType: 'text/html', headers, body: Buffer.from(long) }
  const compressed = compress(page, 'gzip').headers
  assert.equal(compressed?.['ETag'], 'W/"abc"')
  assert.equal(compressed?.['Cache-Control'], 'no-cache')
  assert.equal(compress(page, 'br').headers?.['ETag'], '"abc"')
})

test('short texts, streams, what is no text, and profiles too large to hold up probes stay as they are', () => {
  for (const answer of [
    { body: 'ok\n' },
    { body: Readable.from([long]) },
    { contentType: 'application/octet-stream', body: long },
    { contentType: 'application/json', body: Buffer.alloc(9 * 2 ** 20) },
  ]) {
    assert.equal(compress(answer, 'gzip'), answer)
  }
})
