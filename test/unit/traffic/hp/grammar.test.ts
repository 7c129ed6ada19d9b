import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import fc from 'fast-check'

import { faults } from '../../../../app/traffic/faults/table.ts'
import {
  HpProblem,
  mergeHp,
  parseHp,
  parsePair,
  printHp,
} from '../../../../app/traffic/hp/grammar.ts'

/** The names and texts of what a text asks for. */
const asked = (text: string): readonly string[] => printHp(parseHp(text)).split('; ')

const examples = faults.flatMap((fault) => fault.examples)

test('every fault reads its own examples', () => {
  for (const example of examples) assert.equal(parseHp(example).pairs.length, 1, example)
})

test('no two faults have a word in common', () => {
  const words = new Set<string>()
  for (const { name, aliases = [] } of faults) {
    for (const word of [name, ...aliases]) {
      assert.ok(!words.has(word), word)
      words.add(word)
    }
  }
})

test('what is printed parses to the same', () => {
  const size = fc.integer({ min: 1, max: 2 ** 40 })
  const ms = fc.integer({ min: 1, max: 3_600_000 })
  const when = fc.oneof(
    fc.constant(''),
    fc.double({ min: 0, max: 50, noNaN: true }).map((percent) => `:${percent.toFixed(3)}`),
    fc
      .tuple(fc.constantFrom('first', 'after', 'every'), fc.integer({ min: 1, max: 1000 }))
      .map(([word, count]) => `:${word}${count}`),
  )
  const text = fc.oneof(
    ms.map((time) => `delay=${time}us`),
    fc.tuple(ms, ms).map(([a, b]) => `delay=uniform(${Math.min(a, b)}ms,${Math.max(a, b)}ms)`),
    fc.tuple(ms, ms).map(([a, b]) => `body-delay=normal(${a}ms,${b}ms)`),
    fc.integer({ min: 200, max: 599 }).map((code) => `status=${code}`),
    size.map((bytes) => `size=${bytes}`),
    size.map((bytes) => `rate=${bytes}/s`),
    fc.tuple(size, ms).map(([bytes, gap]) => `slice=${bytes}/${gap}ms`),
    fc.integer({ min: 1, max: 1000 }).map((pieces) => `drip=${pieces}/2s`),
    size.map((at) => `fault=reset@body:${at}`),
    fc.tuple(size, ms).map(([at, time]) => `fault=stall@${at}:${time}ms`),
    size.map((at) => `fault=corrupt@${at}`),
    fc.integer({ min: 1, max: 99 }).map((by) => `fault=cl=-${by}`),
  )
  const pair = fc.tuple(text, when).map(([what, then]) => what + then)
  fc.assert(
    fc.property(fc.array(pair, { minLength: 1, maxLength: 4 }), (pairs) => {
      const printed = printHp(parseHp(pairs.join(' ; ')))
      assert.equal(printHp(parseHp(printed)), printed)
    }),
  )
  for (const example of examples) {
    const printed = printHp(parseHp(example))
    assert.equal(printHp(parseHp(printed)), printed, example)
  }
})

test('any text is read or refused with a caret, and nothing else is thrown', () => {
  const pieces = fc.constantFrom(
    'delay',
    'fault',
    '=',
    ':',
    ';',
    ',',
    '@',
    '5',
    'ms',
    'reset',
    ' ',
    '"',
    '±',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((all) => all.join('')),
      ),
      (text) => {
        try {
          parseHp(text)
        } catch (error) {
          assert.ok(error instanceof HpProblem)
          assert.match(error.message, /\n *\^ use /)
        }
      },
    ),
    { numRuns: 2000 },
  )
})

suite('a text', () => {
  test('is pairs with semicolons between them; the last of a name counts', () => {
    assert.deepEqual(asked(' delay=10ms:5 ;status=503:1;; '), ['delay=10ms:5', 'status=503:1'])
    assert.deepEqual(asked('delay=1ms; delay=2ms'), ['delay=2ms'])
  })

  test('may have several headers and faults', () => {
    assert.equal(
      printHp(parseHp('header=A:b; header=C:"d; e, f"')),
      'header=A:"b"; header=C:"d; e, f"',
    )
    assert.deepEqual(asked('fault=stall@1:5ms; fault=reset@2'), [
      'fault=stall@body:1:5ms',
      'fault=reset@body:2',
    ])
  })

  test('has values by percentage, as fortio writes them, and by count', () => {
    assert.deepEqual(asked('status=503:first2,429:after100,500:every10'), [
      'status=503:first2,429:after100,500:every10',
    ])
    assert.deepEqual(asked('delay=150us:10,2ms:5'), ['delay=0.15ms:10,2ms:5'])
    assert.deepEqual(asked('close=5.3'), ['close=true:5.3'])
    assert.deepEqual(asked('close=every10'), ['close=true:every10'])
  })

  test('takes the words of other tools, whatever their case, dashes and underscores', () => {
    const same = [
      ['fault=connection_reset_by_peer', 'fault=reset@headers'],
      ['fault=CONNECTION-RESET-BY-PEER:5', 'fault=reset@headers:5'],
      ['fault=reset_peer', 'fault=reset@headers'],
      ['fault=EMPTY_RESPONSE', 'fault=no-answer'],
      ['fault=drop', 'fault=no-answer'],
      ['fault=random_data_then_close', 'fault=status-line=garbage'],
      ['fault=malformed_response_chunk', 'fault=chunk=badsize'],
      ['fault=limit_data=10', 'fault=truncate@10'],
      ['bandwidth=1M/s', 'rate=1M/s'],
      ['fault=timeout', 'fault=stall@headers'],
      ['slicer=1K/5ms', 'slice=1K/5ms'],
    ]
    for (const [text = '', plain] of same) assert.deepEqual(asked(text), [plain], text)
  })

  test('says by what is counted, with which seed, and how often at once', () => {
    const text = 'by=client; seed=7a; max-active=3; ttl=5m'
    const { by, seed, maxActive, ttlMs } = parseHp(text)
    assert.deepEqual([by, seed, maxActive, ttlMs], ['client', '7a', 3, 300_000])
    assert.equal(printHp(parseHp(text)), text)
    assert.throws(() => parseHp('ttl=0'), HpProblem)
  })
})

test('a caret stands under the first wrong character, with what is allowed there', () => {
  const wrong: readonly (readonly [text: string, at: number, allowed: RegExp])[] = [
    ['dela=10ms', 0, /one of the names delay, body-delay/],
    ['delay:10ms', 5, /= after delay/],
    ['delay=10xs', 8, /units/],
    ['delay=fast', 6, /a time such as 10ms, normal/],
    ['delay=10ms:101', 11, /a percentage from 0 to 100/],
    ['delay=10ms@0.05', 10, /a percentage after a colon/],
    ['delay=normal(1ms)', 16, /comma/],
    ['delay=p50=10ms', 14, /second quantile/],
    ['delay=10ms:60,20ms:50', 6, /add up to 100/],
    ['status=99', 7, /200 to 599/],
    ['status=503 delay=1ms', 11, /; between pairs/],
    ['fault=explode', 6, /one of the faults reset, truncate/],
    ['fault=truncate', 14, /truncate@1024/],
    ['fault=cl=10', 9, /\+ or -/],
    ['fault=rst-stream=14', 17, /0 to 13/],
    ['slice=1K±2K/5ms', 9, /less than the size/],
    ['quota=5', 7, /slash and the period/],
    ['rate=1M', 7, /\/s/],
    ['header=: b', 7, /header name/],
  ]
  for (const [text, at, allowed] of wrong) {
    assert.throws(
      () => parseHp(text),
      (error: Error) => {
        const [shown, caret = ''] = error.message.split('\n')
        assert.equal(shown, text)
        assert.equal(caret.indexOf('^'), at, error.message)
        assert.match(caret, allowed)
        return true
      },
    )
  }
})

test('of a long text only the part around the mistake is shown', () => {
  const text = `${'delay=1ms; '.repeat(100)}oops=1`
  assert.throws(
    () => parseHp(text),
    ({ message }: Error) => message.length < 400 && /oops=1\n *\^/.test(message),
  )
})

test('a pair of a query is one pair, with nothing after it', () => {
  assert.deepEqual(parsePair('by', 'route'), { by: 'route' })
  assert.throws(() => parsePair('delay', '1ms; status=503'), HpProblem)
})

test('of two texts the first wins, name by name', () => {
  const merged = mergeHp(parseHp('delay=1ms; seed=a'), parseHp('delay=2ms; status=503; seed=b'))
  assert.equal(printHp(merged), 'status=503; delay=1ms; seed=a')
})
