import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import { readRange } from '../../../../app/endpoints/http/range.ts'
import { anyText } from '../../config/any-text.ts'

type Range = ReturnType<typeof readRange>

// RFC 9110 14.1.2 in words, position by position: which of the bytes were asked for.
function modelRange(first: number | undefined, last: number | undefined, bytes: number): Range {
  if (first === undefined && last === undefined) return 'whole'
  if (first !== undefined && last !== undefined && last < first) return 'whole'
  const asked = Array.from({ length: bytes }, (_, place) => place).filter((place) => {
    if (first === undefined) return place >= bytes - (last ?? 0)
    return place >= first && (last === undefined || place <= last)
  })
  const [start] = asked
  return start === undefined ? 'unsatisfiable' : { start, end: start + asked.length }
}

const positions = fc.option(fc.oneof(fc.nat(12), fc.nat(10 ** 9)), { nil: undefined })

test('a range is the bytes that a model of the RFC picks one by one', () => {
  const lengths = fc.integer({ min: 1, max: 10 })
  const property = fc.property(positions, positions, lengths, (first, last, bytes) => {
    const text = `bytes=${first ?? ''}-${last ?? ''}`
    assert.deepEqual(readRange(text, bytes), modelRange(first, last, bytes), `${text} of ${bytes}`)
  })
  fc.assert(property, { numRuns: 1000 })
})

test('the examples of RFC 9110 14.1.2, of 10000 bytes', () => {
  const expected: Readonly<Record<string, Range>> = {
    'bytes=0-499': { start: 0, end: 500 },
    'bytes=500-999': { start: 500, end: 1000 },
    'bytes=-500': { start: 9500, end: 10_000 },
    'bytes=9500-': { start: 9500, end: 10_000 },
    'bytes=0-0': { start: 0, end: 1 },
    'bytes=-1': { start: 9999, end: 10_000 },
    'bytes=9999-': { start: 9999, end: 10_000 },
    'bytes=9999-20000': { start: 9999, end: 10_000 },
    'bytes=-20000': { start: 0, end: 10_000 },
    'bytes=9998-9999999999999999': { start: 9998, end: 10_000 },
    'bytes=-9999999999999999': { start: 0, end: 10_000 },
  }
  for (const [text, range] of Object.entries(expected)) {
    assert.deepEqual(readRange(text, 10_000), range, text)
  }
})

test('a range past the end is unsatisfiable, and so is one of no bytes', () => {
  for (const text of ['bytes=100-', 'bytes=100-200', 'bytes=9999999999999999-', 'bytes=-0']) {
    assert.equal(readRange(text, 100), 'unsatisfiable', text)
  }
  for (const text of ['bytes=0-', 'bytes=0-0', 'bytes=5-9']) {
    assert.equal(readRange(text, 0), 'unsatisfiable', text)
  }
})

test('anything but a single range of bytes means the whole', () => {
  const others = [
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=5-2',
    'bytes=200-100',
    'bytes=1',
    'bytes=a-b',
    'bytes=1.5-2',
    'bytes=--5',
    'bytes=+1-2',
    'bytes=0-1-2',
    'bytes=0x1-2',
    'bytes 0-1',
    'items=0-1',
    'bytes=0-1;bytes=2-3',
    'bytes=٠-١',
  ]
  for (const text of others) assert.equal(readRange(text, 100), 'whole', JSON.stringify(text))
})

test('several ranges mean the whole, which the RFC allows', () => {
  for (const text of ['bytes=0-1,3-4', 'bytes=0-1, 3-4', 'bytes=0-,-1', 'bytes=0-1,']) {
    assert.equal(readRange(text, 100), 'whole', text)
  }
})

test('space around the header is not part of it', () => {
  assert.deepEqual(readRange(' bytes=1-2\t', 100), { start: 1, end: 3 })
})

test('any text gives a range within the bytes, or none', () => {
  const texts = fc.oneof(anyText(), fc.stringMatching(/^bytes=[0-9]{0,20}-[0-9]{0,20}$/))
  const property = fc.property(texts, fc.maxSafeNat(), (text, bytes) => {
    const range = readRange(text, bytes)
    if (typeof range === 'string') return
    assert.ok(range.start >= 0 && range.start < range.end && range.end <= bytes)
    assert.ok(Number.isSafeInteger(range.start) && Number.isSafeInteger(range.end))
  })
  fc.assert(property)
})

test('positions of more than 16 digits are numbers, too', () => {
  assert.deepEqual(readRange('bytes=1-9223372036854775807', 100), { start: 1, end: 100 })
  assert.deepEqual(readRange('bytes=-9223372036854775807', 100), { start: 0, end: 100 })
  assert.equal(readRange('bytes=9223372036854775807-', 100), 'unsatisfiable')
})

test('the unit is bytes in any case', () => {
  assert.deepEqual(readRange('Bytes=1-2', 100), { start: 1, end: 3 })
})

test('the end of nothing is nothing, not unsatisfiable', () => {
  assert.equal(readRange('bytes=-5', 0), 'whole')
})
