import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import { createBodyCollector, emptyBody, lentBody } from '../../../app/endpoints/body.ts'

test('the first bytes are kept and all are counted, however the body is split', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 })
  const property = fc.property(pieces, fc.nat(300), (list, limitBytes) => {
    const collector = createBodyCollector(limitBytes)
    for (const piece of list) collector.take(piece)
    const whole = Buffer.concat(list)
    const { bytes, size } = collector.body()
    assert.equal(size, whole.length)
    assert.deepEqual(bytes, whole.subarray(0, limitBytes))
  })
  fc.assert(property)
})

test('pieces are borrowed: what is kept is a copy', () => {
  const collector = createBodyCollector(100)
  const piece = Buffer.from('one')
  collector.take(piece)
  piece.write('two')
  collector.take(piece)
  piece.fill(0)
  assert.equal(collector.body().bytes.toString(), 'onetwo')
})

test('a body may be looked at before its end', () => {
  const collector = createBodyCollector(100)
  collector.take(Buffer.from('a'))
  assert.deepEqual(collector.body(), { bytes: Buffer.from('a'), size: 1 })
  collector.take(Buffer.from('b'))
  assert.deepEqual(collector.body(), { bytes: Buffer.from('ab'), size: 2 })
})

test('an absent body is empty', () => {
  assert.deepEqual(createBodyCollector(100).body(), emptyBody)
  assert.equal(emptyBody.size, 0)
  assert.equal(emptyBody.bytes.length, 0)
})

test('a body in one piece is not copied, only cut', () => {
  const piece = new TextEncoder().encode('..hello..').subarray(2, 7)
  for (const limitBytes of [0, 3, 5, 100]) {
    const { bytes, size } = lentBody(piece, limitBytes)
    assert.equal(size, 5)
    assert.equal(bytes.toString(), 'hello'.slice(0, limitBytes))
    assert.equal(bytes.buffer, piece.buffer)
  }
})
