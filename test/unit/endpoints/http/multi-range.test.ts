import assert from 'node:assert/strict'
import { test } from 'node:test'

import { multiRangeReply, readRanges } from '../../../../app/endpoints/http/multi-range.ts'
import { createBlock, patternPayload } from '../../../../app/traffic/payload.ts'

const payload = patternPayload(new Uint8Array(createBlock(64 * 1024)), 100)

test('several ranges are read, and those past the end are left out', () => {
  assert.deepEqual(readRanges('bytes=0-1,98-', 100), [
    { start: 0, end: 2 },
    { start: 98, end: 100 },
  ])
  assert.deepEqual(readRanges('bytes=0-1, 100-200, -3', 100), [
    { start: 0, end: 2 },
    { start: 97, end: 100 },
  ])
  assert.deepEqual(readRanges('bytes=100-,200-', 100), [])
})

test('one range, too many ranges and nonsense are not decided here', () => {
  for (const text of ['bytes=0-1', 'bytes=', 'lines=0-1,2-3', 'bytes=0-1,x', 'bytes=5-2,0-1', '']) {
    assert.equal(readRanges(text, 100), undefined, text)
  }
  const many = Array.from({ length: 33 }, (_, at) => `${at}-${at}`).join(',')
  assert.equal(readRanges(`bytes=${many}`, 100), undefined)
})

test('the parts are those bytes, and their length is what the reply says', () => {
  const ranges = [
    { start: 0, end: 3 },
    { start: 34, end: 38 },
  ]
  const reply = multiRangeReply(payload, ranges, [
    ['Content-Type', 'application/octet-stream'],
    ['X-Other', 'kept'],
  ])
  assert.equal(reply.status, 206)
  const { body, headers } = reply
  assert.ok(body.kind === 'stream')
  const text = [...body.chunks].map(({ render }) => Buffer.from(render()).toString()).join('')
  assert.equal(text.length, body.bytes)
  const [, boundary = ''] =
    /^multipart\/byteranges; boundary=(.+)$/.exec(headers[0]?.[1] ?? '') ?? []
  assert.deepEqual(headers[1], ['X-Other', 'kept'])
  const parts = text.split(`\r\n--${boundary}`)
  assert.equal(parts.length, 4)
  assert.match(parts[1] ?? '', /Content-Range: bytes 0-2\/100\r\n\r\nABC$/)
  assert.match(parts[2] ?? '', /Content-Range: bytes 34-37\/100\r\n\r\n89AB$/)
  assert.equal(parts[3], '--\r\n')
})
