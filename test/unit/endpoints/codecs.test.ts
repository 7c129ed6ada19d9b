import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import {
  type Codec,
  count,
  duration,
  flag,
  integer,
  maybe,
  oneOf,
  optional,
  size,
} from '../../../app/endpoints/codecs.ts'
import { noLimits } from '../../support/exchange.ts'
import { anyText } from '../config/any-text.ts'

const limits = { ...noLimits, delayMs: 60_000, payloadBytes: 2 ** 30, count: 1000 }

function parse<T>(codec: Codec<T>, text: string): T | undefined {
  return codec.parse(text, limits)
}

const texts = fc.oneof(anyText(12), fc.stringMatching(/^[0-9.]{1,18}[a-zA-Z]{0,2}$/))

test('a size is an integer of any magnitude with K, M, G or T', () => {
  assert.equal(parse(size(), '1K'), 1024)
  assert.equal(parse(size(), '10000g'), 10_000 * 2 ** 30)
  for (const text of ['', '-1', '1.5K', '1Q', ' 1', '1e3', '9007199254740992']) {
    assert.equal(parse(size(), text), undefined, text)
  }
})

test('a size past limits.payload, or past what the endpoint can do, is refused with the limit', () => {
  assert.equal(size().refuse?.(2 ** 30, limits), undefined)
  assert.equal(size().refuse?.(2 ** 30 + 1, limits), 'is past limits.payload (1G)')
  assert.equal(size(1024).refuse?.(1024, limits), undefined)
  assert.equal(size(1024).refuse?.(1025, limits), 'is past 1K')
  assert.equal(size().refuse?.(Number.MAX_SAFE_INTEGER, noLimits), undefined)
})

test('a duration is milliseconds or a number with a unit', () => {
  assert.equal(parse(duration(), '250'), 250)
  assert.equal(parse(duration(), '1.5s'), 1500)
  for (const text of ['', '-1', 'soon', '1 s', '1S', '1e3']) {
    assert.equal(parse(duration(), text), undefined, text)
  }
})

test('a duration past limits.delay is refused with the limit', () => {
  assert.equal(duration().refuse?.(60_000, limits), undefined)
  assert.equal(duration().refuse?.(60_000.5, limits), 'is past limits.delay (1m)')
  assert.equal(duration().refuse?.(1e20, noLimits), undefined)
})

test('a count starts at its minimum and ends at limits.count', () => {
  assert.equal(parse(count(0), '0'), 0)
  assert.equal(parse(count(1), '0'), undefined)
  assert.equal(parse(count(1), '1'), 1)
  assert.equal(parse(count(1), '9007199254740992'), undefined)
  for (const text of ['', '-1', '1.0', '1K', '+1', ' 1']) {
    assert.equal(parse(count(0), text), undefined, text)
  }
  assert.equal(count(1).refuse?.(1000, limits), undefined)
  assert.equal(count(1).refuse?.(1001, limits), 'is past limits.count (1000)')
})

test('an integer is within its bounds, both included', () => {
  const codec = integer(200, 599)
  assert.deepEqual(
    ['199', '200', '599', '600', '0200', '20x'].map((text) => parse(codec, text)),
    [undefined, 200, 599, undefined, 200, undefined],
  )
  const all = integer(0, Number.MAX_SAFE_INTEGER)
  assert.equal(parse(all, '9007199254740991'), Number.MAX_SAFE_INTEGER)
  assert.equal(parse(all, '9007199254740993'), undefined)
})

test('a flag is one of eight words in any case', () => {
  for (const text of ['true', '1', 'yes', 'on', 'TRUE', 'Yes', 'oN']) {
    assert.equal(parse(flag(), text), true, text)
  }
  for (const text of ['false', '0', 'no', 'off', 'FALSE', 'No']) {
    assert.equal(parse(flag(), text), false, text)
  }
  for (const text of ['', 'maybe', '2', 'true ', 'truefalse', 'y', 'constructor', 'ｙes']) {
    assert.equal(parse(flag(), text), undefined, text)
  }
})

test('one of several is exactly one of them', () => {
  const codec = oneOf('wrongct', 'badjson', 'empty')
  assert.equal(parse(codec, 'badjson'), 'badjson')
  for (const text of ['', 'Badjson', 'badjson ', 'wrongct,badjson', 'constructor', '0']) {
    assert.equal(parse(codec, text), undefined, text)
  }
  assert.equal(codec.allowed, 'one of wrongct, badjson, empty')
  assert.equal(oneOf('sha256').allowed, 'sha256')
})

test('an optional codec reads and refuses as before and has a fallback, shown as the default', () => {
  const codec = optional(size(1024), 10)
  assert.deepEqual(codec.fallback, { value: 10 })
  assert.equal(codec.schema['default'], '10')
  assert.equal(parse(codec, '1K'), 1024)
  assert.equal(codec.refuse?.(1025, limits), 'is past 1K')
  assert.equal(size(1024).fallback, undefined)
})

test('a default is shown as its schema has it', () => {
  assert.equal(optional(size(), 1024).schema['default'], '1K')
  assert.equal(optional(duration(), 2000).schema['default'], '2s')
  assert.equal(optional(duration(), 0).schema['default'], '0ms')
  assert.equal(optional(count(0), 10).schema['default'], 10)
  assert.equal(optional(flag(), false).schema['default'], false)
  assert.equal(optional(oneOf('a', 'b'), 'b').schema['default'], 'b')
  const list: Codec<readonly number[]> = {
    allowed: 'a list',
    schema: { type: 'string' },
    show: (values) => values.join(','),
    parse: () => [1],
  }
  assert.deepEqual(optional(list, [2, 3]).schema, { type: 'string', default: '2,3' })
  assert.deepEqual(optional(list, [2, 3]).fallback, { value: [2, 3] })
})

test('a codec that may be absent is undefined then', () => {
  const codec = maybe(oneOf('sha256'))
  assert.deepEqual(codec.fallback, { value: undefined })
  assert.equal(parse(codec, 'sha256'), 'sha256')
  assert.equal(parse(codec, 'md5'), undefined)
})

test('every text that a codec accepts matches the pattern of its schema', () => {
  for (const codec of [size(), duration()]) {
    const pattern = new RegExp(String(codec.schema['pattern']))
    const property = fc.property(texts, (text) => {
      if (parse(codec, text) !== undefined) assert.match(text, pattern)
    })
    fc.assert(property)
    assert.match('1', pattern)
  }
})

test('the patterns of schemas accept the longest texts that are read', () => {
  const longest = new Map([
    [size(), ['9007199254740991', '0000000000000001T', '8191t']],
    [
      duration(),
      ['999999999999999', '2501999792h', '999999999999999.99999999999999999999ns', '0.5us', '1ns'],
    ],
  ])
  for (const [codec, given] of longest) {
    for (const text of given) {
      assert.ok(parse(codec, text) !== undefined, text)
      assert.match(text, new RegExp(String(codec.schema['pattern'])))
    }
  }
})

test('every number that a codec accepts is allowed by its schema', () => {
  const codecs = [count(0), count(1), integer(200, 599), integer(0, Number.MAX_SAFE_INTEGER)]
  for (const codec of codecs) {
    const { minimum, maximum = Number.MAX_SAFE_INTEGER } = codec.schema
    const property = fc.property(texts, (text) => {
      const value = parse(codec, text)
      if (value === undefined) return
      assert.ok(Number.isSafeInteger(value) && value >= Number(minimum) && value <= Number(maximum))
    })
    fc.assert(property)
  }
})

test('every codec says what it allows', () => {
  for (const codec of [size(), duration(), count(0), integer(1, 2), flag(), oneOf('a', 'b')]) {
    assert.match(codec.allowed, /^\S.*\S$/)
  }
})
