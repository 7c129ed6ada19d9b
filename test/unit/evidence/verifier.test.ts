import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import { createVerifier } from '../../../app/evidence/verifier.ts'

const shared = new Uint8Array(new SharedArrayBuffer(4096))
shared.set(Buffer.alloc(4096, 'a payload is known by position '))

/** The bytes that are meant to arrive, in slices of at most `sliceBytes`. */
function expected(sliceBytes: number): { slice(offset: number, limit: number): Uint8Array } {
  return {
    slice: (offset, limit) => shared.subarray(offset, offset + Math.min(limit, sliceBytes)),
  }
}

function corrupt(bytes: number, places: readonly number[]): Buffer {
  const body = Buffer.from(shared.subarray(0, bytes))
  for (const place of places) body[place] = (body[place] ?? 0) ^ 1
  return body
}

function split(body: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const edges = [0, ...cuts.map((cut) => cut % (body.length + 1)), body.length]
  const sorted = edges.toSorted((a, b) => a - b)
  return sorted.slice(1).map((end, index) => body.subarray(sorted[index], end))
}

const bodies = fc.integer({ min: 1, max: 2000 }).chain((bytes) =>
  fc.record({
    bytes: fc.constant(bytes),
    bad: fc.array(fc.nat(bytes - 1), { maxLength: 4 }),
    cuts: fc.array(fc.nat(), { maxLength: 12 }),
    sliceBytes: fc.integer({ min: 1, max: 3000 }),
  }),
)

test('the first bad byte has the same position for any split of the body and any slices', () => {
  const property = fc.property(bodies, ({ bytes, bad, cuts, sliceBytes }) => {
    const verifier = createVerifier(expected(sliceBytes))
    for (const piece of split(corrupt(bytes, [...new Set(bad)]), cuts)) verifier.take(piece)
    assert.equal(verifier.firstBadOffset(), bad.length === 0 ? -1 : Math.min(...bad))
  })
  fc.assert(property)
})

test('the position is known as soon as the bad byte has arrived, and then stays', () => {
  const property = fc.property(bodies, ({ bytes, bad, cuts, sliceBytes }) => {
    const first = bad.length === 0 ? bytes : Math.min(...bad)
    const verifier = createVerifier(expected(sliceBytes))
    let arrived = 0
    for (const piece of split(corrupt(bytes, [...new Set(bad)]), cuts)) {
      verifier.take(piece)
      arrived += piece.length
      assert.equal(verifier.firstBadOffset(), arrived > first ? first : -1)
    }
  })
  fc.assert(property)
})

test('a byte that is missing or one too many is bad from its place on', () => {
  const body = corrupt(100, [])
  const missing = createVerifier(expected(7))
  missing.take(Buffer.concat([body.subarray(0, 40), body.subarray(41)]))
  assert.equal(missing.firstBadOffset(), 40)
  const surplus = createVerifier(expected(7))
  surplus.take(body.subarray(0, 40))
  surplus.take(Buffer.from('!'))
  surplus.take(body.subarray(40))
  assert.equal(surplus.firstBadOffset(), 40)
})

test('nothing, and empty pieces, are as expected', () => {
  const verifier = createVerifier(expected(10))
  assert.equal(verifier.firstBadOffset(), -1)
  verifier.take(new Uint8Array(0))
  assert.equal(verifier.firstBadOffset(), -1)
})

test('pieces are only lent: a verifier keeps none of them', () => {
  const verifier = createVerifier(expected(10))
  const piece = corrupt(20, [])
  verifier.take(piece)
  piece.fill(0)
  verifier.take(corrupt(40, []).subarray(20))
  assert.equal(verifier.firstBadOffset(), -1)
})

test('bytes past the end of what was expected are bad', () => {
  let asked = 0
  const verifier = createVerifier({
    slice(offset, limit) {
      if (asked++ > 100) throw new Error('asked again and again where there is nothing')
      return shared.subarray(offset, Math.min(offset + limit, 10))
    },
  })
  verifier.take(corrupt(15, []))
  assert.equal(verifier.firstBadOffset(), 10)
})
