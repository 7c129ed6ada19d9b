import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { cutChunks } from '../../../../app/traffic/faults/cut.ts'
import type { Chunk } from '../../../../app/traffic/pace.ts'

/** Reads as a listener does: each chunk is rendered before the next is asked for. */
function read(bodies: readonly (string | Uint8Array)[], at: number) {
  const chunks: readonly Chunk[] = bodies.map((body, index) => ({
    waitMs: index,
    render: () => body,
  }))
  const { chunks: cut, isCut } = cutChunks(chunks, at)
  const [pieces, waits]: [Buffer[], number[]] = [[], []]
  for (const { waitMs, render } of cut) {
    pieces.push(Buffer.from(render()))
    waits.push(waitMs)
  }
  return { pieces, waits, isCut: isCut(), bytes: Buffer.concat(pieces) }
}

test('the first bytes come, whatever the chunks are, and it says whether it cut', () => {
  const bodies = fc.array(fc.oneof(fc.string(), fc.uint8Array({ maxLength: 40_000 })), {
    maxLength: 6,
  })
  fc.assert(
    fc.property(bodies, fc.nat(100_000), (texts, at) => {
      const whole = Buffer.concat(texts.map((text) => Buffer.from(text as string)))
      const { bytes, isCut, pieces } = read(texts, at)
      assert.ok(bytes.equals(whole.subarray(0, at)))
      assert.equal(isCut, whole.length >= at)
      assert.ok(pieces.every(({ length }) => length <= 16 * 1024))
    }),
  )
})

test('the last byte comes alone, and each chunk keeps its wait', () => {
  const { pieces, waits } = read(['abc', 'def', 'ghi'], 5)
  assert.deepEqual(pieces.map(String), ['abc', 'd', 'e'])
  assert.deepEqual(waits, [0, 1, 0])
})

test('nothing is made of chunks behind the cut', () => {
  const never: Chunk = { waitMs: 0, render: () => assert.fail('was rendered') }
  const { chunks } = cutChunks([{ waitMs: 0, render: () => 'abc' }, never], 2)
  for (const { render } of chunks) render()
})
