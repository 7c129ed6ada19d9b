// The chart refuses what the program would refuse: the pattern of a setting and its parser are asked
// about the same texts.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import fc from 'fast-check'

import { settings } from '../../app/config/settings.ts'
import { decimals, settingText } from '../support/chart/setting-text.ts'
import { configNames } from '../support/chart/values-schema.ts'

const number = fc.oneof(fc.nat({ max: 70_000 }), fc.nat({ max: 5_000_000 })).map(String)
const unit = fc.constantFrom('', 'K', 'k', 'M', 'm', 'G', 'T', 'ms', 's', 'h', 'us', 'ns', 'd', '%')
const word = fc.constantFrom(...'auto none true false on off 0 1 -1 1.5 ::'.split(' '), '', ' ')
const chance = fc
  .tuple(
    fc.constantFrom('INTERNAL', 'CANCEL', 'CANCELLED', 'internal', ''),
    fc.constantFrom('', ...':5 :05 :005 :0.5 :99.99 :100 :100.0 :100.1 :101 :'.split(' ')),
  )
  .map((parts) => parts.join(''))
const chances = fc.array(chance, { minLength: 1, maxLength: 3 }).map((items) => items.join(','))
const isTooMuch = (given: string): boolean =>
  given.split(',').reduce((sum, item) => sum + Number(item.split(':')[1] ?? 0), 0) > 100
const text = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(number, unit).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: word },
  { weight: 1, arbitrary: fc.constantFrom('debug', 'info', 'json', 'balanced', 'Info', 'infos') },
  { weight: 1, arbitrary: fc.constantFrom('TLSv1', 'TLSv1.3', 'TLSv1x3', 'TLSv1.30', 'required') },
  { weight: 2, arbitrary: chances },
  { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
)

// The chart takes any text for these, and the program says what is wrong with it.
const grammars: ReadonlySet<string> = new Set(['defaults.hp', 'scenario'])

suite('a setting', () => {
  for (const name of configNames()) {
    test(`${name} takes the same texts in the chart and in the program`, () => {
      const { format } = settings[name]
      const pattern = new RegExp(settingText(format.allowed)?.pattern ?? '')
      fc.assert(
        fc.property(text, (given) => {
          // The program takes 007; nobody writes it.
          fc.pre(!/^0\d/.test(given))
          // Nor a size past 2^53, where the program stops counting.
          fc.pre(!/^\d{4,}T$/.test(given))
          // A pattern cannot add.
          fc.pre(!given.includes(',') || !isTooMuch(given))
          const isTaken = pattern.test(given)
          const isParsed = format.parse(given) !== undefined
          if (grammars.has(name)) assert.ok(isTaken)
          else assert.equal(isTaken, isParsed, JSON.stringify(given))
        }),
        { numRuns: 2000 },
      )
    })
  }
})

test('decimals takes the integers between two bounds, and no others', () => {
  fc.assert(
    fc.property(fc.nat({ max: 12_000 }), fc.nat({ max: 12_000 }), (one, other) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other)]
      const pattern = new RegExp(`^(${decimals(low, high)})$`)
      for (const value of [low - 1, low, low + 1, high - 1, high, high + 1, 0, 9, 10, 99, 1000]) {
        if (value < 0) continue
        assert.equal(pattern.test(String(value)), value >= low && value <= high, `${value}`)
      }
    }),
    { numRuns: 500 },
  )
})
