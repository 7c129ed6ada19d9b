import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import { createRandom } from '../../../app/traffic/random.ts'

const word = 0xffff_ffffn

// mulberry32 once more, in integers that do not wrap by themselves.
function* modelRandom(seed: number): Generator<number, never> {
  let state = BigInt(seed) & word
  for (;;) {
    state = (state + 0x6d2b79f5n) & word
    let mixed = ((state ^ (state >> 15n)) * (state | 1n)) & word
    mixed ^= (mixed + (((mixed ^ (mixed >> 7n)) * (mixed | 61n)) & word)) & word
    yield Number(mixed ^ (mixed >> 14n)) / 2 ** 32
  }
}

function draw(seed: number, times: number): readonly number[] {
  const random = createRandom(seed)
  return Array.from({ length: times }, () => random())
}

test('the same seed gives the same numbers on every machine', () => {
  const property = fc.property(fc.nat(2 ** 32 - 1), (seed) => {
    const model = modelRandom(seed)
    const expected = Array.from({ length: 20 }, () => model.next().value)
    assert.deepEqual(draw(seed, 20), expected)
    assert.deepEqual(draw(seed, 20), expected)
  })
  fc.assert(property)
})

test('other seeds give other numbers', () => {
  const firsts = new Set(Array.from({ length: 1000 }, (_, seed) => draw(seed, 2).join()))
  assert.equal(firsts.size, 1000)
})

test('two streams of one seed do not disturb each other', () => {
  const [one, other] = [createRandom(7), createRandom(7)]
  const mixed = Array.from({ length: 10 }, () => [one(), other()])
  assert.deepEqual(
    mixed,
    draw(7, 10).map((value) => [value, value]),
  )
})

test('every number is at least 0 and less than 1', () => {
  for (const value of draw(1, 100_000)) assert.ok(value >= 0 && value < 1, String(value))
})

test('the numbers are spread evenly (chi-square over 64 cells)', () => {
  for (const seed of [0, 1, 2, 42, 2 ** 31, 2 ** 32 - 1]) {
    const cells = Array.from({ length: 64 }, () => 0)
    for (const value of draw(seed, 64_000)) {
      const cell = Math.floor(value * 64)
      cells[cell] = (cells[cell] ?? 0) + 1
    }
    const chiSquare = cells.reduce((sum, seen) => sum + (seen - 1000) ** 2 / 1000, 0)
    // 63 degrees of freedom: mean 63; below 20 would be suspiciously even.
    assert.ok(chiSquare > 20 && chiSquare < 150, `seed ${seed}: ${chiSquare}`)
  }
})
