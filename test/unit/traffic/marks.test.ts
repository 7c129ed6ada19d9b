import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import type { Mark } from '../../../app/traffic/faults/plan.ts'
import { type Bending, bendChunks } from '../../../app/traffic/marks.ts'
import type { Chunk } from '../../../app/traffic/pace.ts'

const still: Bending = {
  marks: [],
  pace: undefined,
  bodyBytes: undefined,
  waitMs: 0,
  mostMs: Infinity,
  onMark: () => {},
}

/** Reads as a listener does: each chunk is rendered before the next is asked for. */
function read(bodies: readonly (string | Uint8Array)[], given: Partial<Bending>) {
  const chunks: readonly Chunk[] = bodies.map((body, index) => ({
    waitMs: index,
    render: () => body,
  }))
  const met: string[] = []
  const bending = { ...still, onMark: ({ fault }: Mark) => void met.push(fault), ...given }
  const { chunks: bent, endsBy } = bendChunks(chunks, bending)
  const [pieces, waits]: [Buffer[], number[]] = [[], []]
  for (const { waitMs, render } of bent) {
    pieces.push(Buffer.from(render()))
    waits.push(waitMs)
  }
  return { pieces, waits, met, end: endsBy(), bytes: Buffer.concat(pieces) }
}

const fin = (at: number): Mark => ({ at, kind: 'fin', fault: 'truncate' })
const flip = (at: number): Mark => ({ at, kind: 'flip', fault: 'corrupt' })
const stall = (at: number, ms: number): Mark => ({ at, kind: 'stall', ms, fault: 'stall' })

const anyBodies = fc.array(fc.oneof(fc.string(), fc.uint8Array({ maxLength: 40_000 })), {
  maxLength: 6,
})
const wholeOf = (bodies: readonly (string | Uint8Array)[]): Buffer =>
  Buffer.concat(bodies.map((body) => Buffer.from(body as string)))

test('the first bytes come, whatever the chunks are, and it says whether the body was cut', () => {
  fc.assert(
    fc.property(anyBodies, fc.nat(100_000), (bodies, at) => {
      const whole = wholeOf(bodies)
      const { bytes, end, pieces } = read(bodies, { marks: [fin(at)] })
      assert.ok(bytes.equals(whole.subarray(0, at)))
      assert.equal(end, whole.length >= at ? 'fin' : undefined)
      assert.ok(pieces.every(({ length }) => length <= 16 * 1024))
    }),
  )
})

test('the last byte before a cut comes alone, and each chunk keeps its wait', () => {
  const { pieces, waits } = read(['abc', 'def', 'ghi'], { marks: [fin(5)] })
  assert.deepEqual(pieces.map(String), ['abc', 'd', 'e'])
  assert.deepEqual(waits, [0, 1, 0])
})

test('nothing is made of chunks after a cut', () => {
  const never: Chunk = { waitMs: 0, render: () => assert.fail('was rendered') }
  const { chunks } = bendChunks([{ waitMs: 0, render: () => 'abc' }, never], {
    ...still,
    marks: [fin(2)],
  })
  for (const { render } of chunks) render()
})

test('exactly one byte is another, and the memory of the body stays as it was', () => {
  fc.assert(
    fc.property(anyBodies, fc.nat(100_000), (bodies, at) => {
      const whole = wholeOf(bodies)
      const { bytes } = read(bodies, { marks: [flip(at)] })
      const expected = Buffer.from(whole)
      if (at < expected.length) expected[at] = (expected[at] ?? 0) ^ 0xff
      assert.ok(bytes.equals(expected))
      assert.ok(wholeOf(bodies).equals(whole))
    }),
  )
})

test('a stall comes between the byte before it and the byte after it', () => {
  const { pieces, waits, met } = read(['abc', 'def'], { marks: [stall(4, 70)] })
  assert.deepEqual(pieces.map(String), ['abc', 'd', 'ef'])
  assert.deepEqual(waits, [0, 1, 70])
  assert.deepEqual(met, ['stall'])
})

test('a stall lasts as long as it may, and before a cut at its place', () => {
  const marks = [stall(2, Infinity), fin(2)]
  const { pieces, waits, end } = read(['abc'], { marks, mostMs: 500 })
  assert.deepEqual(pieces.map(String), ['a', 'b', ''])
  assert.deepEqual([waits, end], [[0, 0, 500], 'fin'])
})

test('a pace cuts the body into its pieces, and changes no byte', () => {
  fc.assert(
    fc.property(anyBodies, fc.integer({ min: 1, max: 5000 }), (bodies, length) => {
      const pace = { nextBytes: () => length, gapMs: () => 0 }
      const { bytes, pieces } = read(bodies, { pace })
      assert.ok(bytes.equals(wholeOf(bodies)))
      assert.ok(pieces.every((piece) => piece.length <= length))
    }),
    { numRuns: 50 },
  )
})

test('each piece waits its gap after the one before', () => {
  const pace = { nextBytes: () => 2, gapMs: (bytes: number) => bytes * 10_000 }
  const { waits } = read(['abcde'], { pace })
  assert.equal(waits.length, 3)
  assert.equal(waits[0], 0)
  // They are read at once here, so each next piece is due later.
  assert.ok((waits[1] ?? 0) > 19_000 && (waits[2] ?? 0) > 39_000, waits.join(' '))
})
