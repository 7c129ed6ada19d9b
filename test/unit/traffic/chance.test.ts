import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import { type Weighted, chooseWeighted, parseWeighted } from '../../../app/traffic/chance.ts'
import { createRandom } from '../../../app/traffic/random.ts'
import { anyText } from '../config/any-text.ts'

const identity = (text: string): string => text
const parseCode = (text: string): number | undefined =>
  /^[1-5]\d\d$/.test(text) ? Number(text) : undefined

const values = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => !/[,:]/.test(text))
// As the grammar writes them: up to nine digits on either side of the point, not zero.
const weights = fc
  .tuple(fc.nat(999_999_999), fc.option(fc.nat(999_999_999), { nil: undefined }))
  .map(([whole, billionths]) =>
    billionths === undefined ? `${whole}` : `${whole}.${String(billionths).padStart(9, '0')}`,
  )
  .filter((text) => Number(text) > 0)

test('value:weight lists parse to what they were written from', () => {
  const lists = fc.array(fc.tuple(values, fc.option(weights, { nil: undefined })), { minLength: 1 })
  const property = fc.property(lists, (list) => {
    const text = list.map(([value, weight]) => (weight ? `${value}:${weight}` : value)).join(',')
    const expected = list.map(([value, weight]) => ({ value, weight: Number(weight ?? 1) }))
    assert.deepEqual(parseWeighted(text, identity), expected)
  })
  fc.assert(property)
})

test('a value that its parser refuses spoils the whole list', () => {
  assert.deepEqual(parseWeighted('200:0.9,503:0.1', parseCode), [
    { value: 200, weight: 0.9 },
    { value: 503, weight: 0.1 },
  ])
  for (const text of ['20', '200,2000', '200:1,abc:1', ' 200', '200\n']) {
    assert.equal(parseWeighted(text, parseCode), undefined, JSON.stringify(text))
  }
})

test('weights that are zero, signed, exponents, spaced, too long or missing are refused', () => {
  const bad = ['0', '0.0', '-1', '+1', '1e3', ' 1', '1 ', '.5', '5.', '1.2.3', '', 'NaN', '١']
  for (const weight of [...bad, '1234567890', '1.1234567890', '1:2']) {
    assert.equal(parseWeighted(`a:${weight}`, identity), undefined, JSON.stringify(weight))
    assert.equal(parseWeighted(`b,a:${weight}`, identity), undefined, JSON.stringify(weight))
  }
})

test('empty items are refused', () => {
  for (const text of ['', ',', 'a,', ',a', 'a,,b', ':1', 'a,:1', ':']) {
    assert.equal(parseWeighted(text, identity), undefined, JSON.stringify(text))
  }
})

test('any text is a list of positive weights, or none', () => {
  const texts = fc.oneof(anyText(), fc.stringMatching(/^[ab:,.019-]{0,12}$/))
  const property = fc.property(texts, (text) => {
    for (const { value, weight } of parseWeighted(text, identity) ?? []) {
      assert.ok(value !== '' && weight > 0 && Number.isFinite(weight))
    }
  })
  fc.assert(property)
})

test('a choice is one of those listed, at both ends of the random numbers too', () => {
  const extreme = fc.oneof(
    fc.double({ min: 0, noNaN: true }),
    fc.constantFrom(Number.MIN_VALUE, 1e-9, 999_999_999.999, Number.MAX_VALUE),
  )
  const lists = fc.array(
    extreme.map((weight) => ({ value: {}, weight })),
    {
      minLength: 1,
      maxLength: 50,
    },
  )
  const randoms = fc.oneof(
    fc.constantFrom(0, 1 - 2 ** -32, 1 - 2 ** -53),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  )
  const property = fc.property(lists, randoms, (choices, random) => {
    const chosen = chooseWeighted(choices, () => random)
    assert.ok(choices.some(({ value }) => value === chosen))
  })
  fc.assert(property)
})

test('a share begins with its first random number and ends before that of the next', () => {
  const choices = ['a', 'b', 'c', 'd'].map((value) => ({ value, weight: 5 }))
  const chosen = [0, 0.2499, 0.25, 0.4999, 0.5, 0.75, 1 - 2 ** -53].map((random) =>
    chooseWeighted(choices, () => random),
  )
  assert.deepEqual(chosen, ['a', 'a', 'b', 'b', 'c', 'd', 'd'])
})

test('what rounding leaves over goes to the last', () => {
  for (let count = 1; count < 50; count++) {
    const choices = Array.from({ length: count }, (_, value) => ({ value, weight: 0.1 }))
    assert.equal(
      chooseWeighted(choices, () => 1 - 2 ** -53),
      count - 1,
    )
  }
})

test('a choice takes one random number, so a seed repeats it', () => {
  const choices = [1, 2, 3].map((value) => ({ value, weight: value }))
  let asked = 0
  const count = (): number => {
    asked++
    return 0.5
  }
  chooseWeighted(choices, count)
  assert.equal(asked, 1)
  const run = (): readonly number[] => {
    const random = createRandom(99)
    return Array.from({ length: 100 }, () => chooseWeighted(choices, random))
  }
  assert.deepEqual(run(), run())
})

test('each value comes as often as its share of the weights, whatever they add up to', () => {
  const draws = 100_000
  const lists: readonly (readonly number[])[] = [
    [0.9, 0.1],
    [1, 1, 1, 1],
    [90, 10],
    [0.001, 0.009, 0.09, 0.9],
  ]
  for (const shares of lists) {
    const total = shares.reduce((sum, share) => sum + share, 0)
    const choices: readonly Weighted<number>[] = shares.map((weight, value) => ({ value, weight }))
    const random = createRandom(4242)
    const seen = shares.map(() => 0)
    for (let turn = 0; turn < draws; turn++) {
      const chosen = chooseWeighted(choices, random)
      seen[chosen] = (seen[chosen] ?? 0) + 1
    }
    for (const [value, share] of shares.entries()) {
      const ratio = share / total
      const deviation = Math.sqrt(draws * ratio * (1 - ratio))
      const distance = Math.abs((seen[value] ?? 0) - draws * ratio)
      assert.ok(
        distance <= 5 * deviation,
        `${shares.join()}: value ${value} came ${seen[value]} times`,
      )
    }
  }
})

test('a weight that is next to nothing is next to never chosen', () => {
  const choices = [
    { value: 'rare', weight: 1e-9 },
    { value: 'usual', weight: 999_999_999 },
  ]
  const random = createRandom(5)
  for (let turn = 0; turn < 10_000; turn++) assert.equal(chooseWeighted(choices, random), 'usual')
})

test('a choice among nothing is a bug and throws', () => {
  assert.throws(() => chooseWeighted([], () => 0), TypeError)
})
