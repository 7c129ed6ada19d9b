import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import {
  formatBytes,
  formatDurationMs,
  parseBytes,
  parseDurationMs,
} from '../../../app/traffic/units.ts'
import { anyText } from '../config/any-text.ts'

// Not sizes and not times in any unit: signs, exponents, spaces, other scripts' digits, lists.
const neverNumbers = [
  '',
  ' ',
  '-1',
  '+1',
  '1 ',
  ' 1',
  '1\n',
  '1_000',
  '1,5',
  '1e3',
  '0x10',
  '1e400',
  'NaN',
  'Infinity',
  'K',
  '.5',
  '5.',
  '1.2.3',
  '١٠',
  '１２',
  '1K1',
  '1KK',
  '1\u212A',
  '1\0',
]

const sizes = fc.oneof(
  fc.maxSafeNat(),
  fc
    .tuple(fc.nat(2 ** 13 - 1), fc.constantFrom(0, 10, 20, 30, 40))
    .map(([number, power]) => number * 2 ** power),
)

// The grammar of sizes once more, character by character and in integers of any length.
function modelBytes(text: string): number | undefined {
  const place = 'KkMmGgTt'.indexOf(text.slice(-1))
  const hasUnit = text !== '' && place !== -1
  const digits = hasUnit ? text.slice(0, -1) : text
  if (digits === '' || digits.length > 16) return undefined
  if (digits.split('').some((digit) => !'0123456789'.includes(digit))) return undefined
  const power = hasUnit ? Math.floor(place / 2) + 1 : 0
  const bytes = BigInt(digits) * 1024n ** BigInt(power)
  return bytes > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(bytes)
}

test('every size formats to a text that parses back to it', () => {
  fc.assert(fc.property(sizes, (bytes) => assert.equal(parseBytes(formatBytes(bytes)), bytes)))
})

test('a size is written in the largest unit that divides it', () => {
  const expected = { 0: '0', 1000: '1000', 1023: '1023', 1024: '1K', 1025: '1025', 1536: '1536' }
  for (const [bytes, text] of Object.entries(expected))
    assert.equal(formatBytes(Number(bytes)), text)
  const powers = [2 ** 20, 2 ** 30, 2 ** 40, 2 ** 50].map(formatBytes)
  assert.deepEqual(powers, ['1M', '1G', '1T', '1024T'])
  assert.equal(formatBytes(10 * 2 ** 20 + 1024), '10241K')
})

test('no other unit writes a size shorter', () => {
  const powers = { '': 0, K: 10, M: 20, G: 30, T: 40 }
  const property = fc.property(sizes, (bytes) => {
    for (const [unit, power] of Object.entries(powers)) {
      if (bytes % 2 ** power !== 0) continue
      const other = `${bytes / 2 ** power}${unit}`
      assert.ok(formatBytes(bytes).length <= other.length, `${formatBytes(bytes)} and ${other}`)
    }
  })
  fc.assert(property)
})

test('a size is digits and at most one of K M G T in either case, as a model in big integers reads it', () => {
  const texts = fc.oneof(
    fc.stringMatching(/^[0-9]{1,18}[KMGTkmgt]?$/),
    fc.stringMatching(/^[0-9.eE+ -]{0,6}[KMGTkmgtBPi]{0,2}$/),
    anyText(4),
  )
  fc.assert(fc.property(texts, (text) => assert.equal(parseBytes(text), modelBytes(text))))
})

test('sizes of known value', () => {
  const expected = {
    '0': 0,
    '0T': 0,
    '007': 7,
    '1024': 1024,
    '256K': 262_144,
    '256k': 262_144,
    '10m': 10_485_760,
    '10000G': 10_737_418_240_000,
    '10000g': 10_737_418_240_000,
    '8191T': 8191 * 2 ** 40,
    '9007199254740991': Number.MAX_SAFE_INTEGER,
  }
  for (const [text, bytes] of Object.entries(expected)) assert.equal(parseBytes(text), bytes, text)
})

test('a size past 2^53-1 is refused, whichever unit it comes in', () => {
  const past = [
    '9007199254740992',
    '9007199254740993',
    '9999999999999999',
    '8192T',
    '8796093022208K',
  ]
  for (const text of [...past, '99999999999999999', '1'.repeat(400)]) {
    assert.equal(parseBytes(text), undefined, text)
  }
})

test('signs, fractions, exponents, spaces and other digits are not sizes', () => {
  for (const text of [...neverNumbers, '1.5', '1.0K', '10MB', '1Ki', '1P', '5ms']) {
    assert.equal(parseBytes(text), undefined, JSON.stringify(text))
  }
})

test('times of known value', () => {
  const expected = {
    '0': 0,
    '5': 5,
    '1.5': 1.5,
    '250ms': 250,
    '10s': 10_000,
    '1.5h': 5_400_000,
    '2m': 120_000,
    '150us': 0.15,
    '1000000ns': 1,
    '0s': 0,
  }
  for (const [text, ms] of Object.entries(expected)) {
    const parsed = parseDurationMs(text) ?? Number.NaN
    assert.ok(Math.abs(parsed - ms) <= ms * Number.EPSILON, `${text} is ${parsed}`)
  }
})

test('a bare number counts in the bare unit, which a written unit overrules', () => {
  assert.equal(parseDurationMs('2'), 2)
  assert.equal(parseDurationMs('2', 's'), 2000)
  assert.equal(parseDurationMs('2ms', 's'), 2)
  assert.equal(parseDurationMs('2', 'h'), 7_200_000)
})

test('a time is its number times its unit', () => {
  const unitsMs = { ns: 1e-6, us: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
  const property = fc.property(
    fc.nat(999_999),
    fc.nat(999),
    fc.constantFrom(...Object.entries(unitsMs)),
    (whole, thousandths, [unit, unitMs]) => {
      const text = `${whole}.${String(thousandths).padStart(3, '0')}${unit}`
      const expected = ((whole * 1000 + thousandths) * unitMs) / 1000
      const parsed = parseDurationMs(text) ?? Number.NaN
      assert.ok(Math.abs(parsed - expected) <= expected * 1e-14, `${text} is ${parsed}`)
    },
  )
  fc.assert(property)
})

test('signs, exponents, spaces, other units and other digits are not times', () => {
  const others = ['1S', '1MS', '1d', '1 s', '1min', '1s500ms', '1'.repeat(17)]
  for (const text of [...neverNumbers, ...others]) {
    assert.equal(parseDurationMs(text), undefined, JSON.stringify(text))
  }
})

test('any text is a finite time of zero or more, or none', () => {
  const texts = fc.oneof(
    fc.stringMatching(/^[0-9]{1,16}([.][0-9]{0,10})?(ns|us|ms|s|m|h)?$/),
    anyText(5),
  )
  const property = fc.property(texts, (text) => {
    const ms = parseDurationMs(text)
    if (ms !== undefined) assert.ok(Number.isFinite(ms) && ms >= 0 && /^[0-9]/.test(text))
  })
  fc.assert(property)
})

test('a time past 2^53-1 ms is refused, whichever unit it comes in', () => {
  assert.equal(parseDurationMs('2501999792h'), 9_007_199_251_200_000)
  for (const text of ['2501999793h', '150119987580m', '9007199254741s', '999999999999999h']) {
    assert.equal(parseDurationMs(text), undefined, text)
  }
})

test('every whole number of milliseconds formats to a text that parses back to it', () => {
  const wholeMs = fc.oneof(
    fc.nat(10 ** 15 - 1),
    fc
      .tuple(fc.nat(99_999), fc.constantFrom(1000, 60_000, 3_600_000))
      .map(([number, unitMs]) => number * unitMs),
  )
  const property = fc.property(wholeMs, (ms) => {
    assert.equal(parseDurationMs(formatDurationMs(ms)), ms)
  })
  fc.assert(property)
})

test('every time of a microsecond and more formats to a text that parses back to it', () => {
  for (const text of ['1.1h', '1.001s', '0.1ns', '2501999792h']) {
    const ms = parseDurationMs(text) ?? Number.NaN
    assert.equal(parseDurationMs(formatDurationMs(ms)), ms, text)
  }
})

test('a time is written in the largest unit that divides it', () => {
  const expected = {
    '1500ms': 1500,
    '90s': 90_000,
    '1m': 60_000,
    '1h': 3_600_000,
    '61m': 3_660_000,
  }
  for (const [text, ms] of Object.entries(expected)) assert.equal(formatDurationMs(ms), text)
  assert.equal(formatDurationMs(0.15), '0.15ms')
})

test('no time is written as 0ms', () => {
  assert.equal(formatDurationMs(0), '0ms')
})
