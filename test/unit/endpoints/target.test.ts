import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import * as fc from 'fast-check'

import {
  type Codec,
  duration,
  flag,
  integer,
  maybe,
  oneOf,
  optional,
  size,
} from '../../../app/endpoints/codecs.ts'
import type { Parameters } from '../../../app/endpoints/endpoint.ts'
import { httpRows, wsRows } from '../../../app/endpoints/table.ts'
import { createBindTarget, routePatterns } from '../../../app/endpoints/target.ts'
import { OriginError } from '../../../app/errors.ts'
import { noLimits } from '../../support/exchange.ts'
import { anyText } from '../config/any-text.ts'

const freeText: Codec<string> = {
  allowed: 'any text',
  schema: { type: 'string' },
  show: (text) => text,
  parse: (text) => text,
}

const inPath = (codec: Codec<unknown>): Parameters[string] => ({ in: 'path', codec, doc: '' })
const inQuery = (codec: Codec<unknown>): Parameters[string] => ({ in: 'query', codec, doc: '' })

const bindSize = createBindTarget({
  path: '/bin/{size}',
  parameters: {
    size: inPath(size()),
    seed: inQuery(maybe(integer(0, 9))),
    chunked: inQuery(optional(flag(), false)),
  },
})
const bindDelay = createBindTarget({
  path: '/delay/{ms}/{readDelayMs?}',
  parameters: { ms: inPath(duration()), readDelayMs: inPath(optional(duration(), 0)) },
})
const bindText = createBindTarget({
  path: '/ws/{anything?}',
  parameters: { anything: inPath(optional(freeText, '')), text: inQuery(optional(freeText, '-')) },
})
const bindRequired = createBindTarget({
  path: '/plain',
  parameters: { mode: inQuery(oneOf('a', 'b')) },
})

/** The sentence of the refusal, which must be an INVALID_REQUEST. */
function refusal(bind: () => unknown): string {
  try {
    bind()
  } catch (error) {
    assert.ok(error instanceof OriginError, String(error))
    assert.equal(error.code, 'INVALID_REQUEST')
    return error.message
  }
  return assert.fail('not refused')
}

suite('path parameters', () => {
  test('a required parameter is read, the others fall back', () => {
    const values = bindSize('/bin/2K', '', noLimits)
    assert.deepEqual(values, { size: 2048, seed: undefined, chunked: false })
  })

  test('a required one that is missing is refused with what is allowed', () => {
    assert.equal(
      refusal(() => bindSize('/bin/', '', noLimits)),
      `size is missing from /bin/; use ${size().allowed}`,
    )
    assert.match(
      refusal(() => bindDelay('/delay/', '', noLimits)),
      /^ms is missing from \/delay\/;/,
    )
    assert.match(
      refusal(() => bindDelay('/delay//5', '', noLimits)),
      /^ms is missing/,
    )
  })

  test('an optional parameter may be left out, with or without its slash', () => {
    assert.deepEqual(bindDelay('/delay/5', '', noLimits), { ms: 5, readDelayMs: 0 })
    assert.deepEqual(bindDelay('/delay/5/', '', noLimits), { ms: 5, readDelayMs: 0 })
    assert.deepEqual(bindDelay('/delay/5/7', '', noLimits), { ms: 5, readDelayMs: 7 })
    assert.deepEqual(bindText('/ws', '', noLimits), { anything: '', text: '-' })
    assert.deepEqual(bindText('/ws/', '', noLimits), { anything: '', text: '-' })
  })

  test('the last parameter takes the rest, so surplus segments are refused or kept, never ignored', () => {
    assert.equal(bindText('/ws/a/b//c/', '', noLimits)['anything'], 'a/b//c/')
    assert.match(
      refusal(() => bindSize('/bin/1K/', '', noLimits)),
      /^size="1K\/" is wrong; use /,
    )
    assert.match(
      refusal(() => bindDelay('/delay/5/6/7', '', noLimits)),
      /^readDelayMs="6\/7" is/,
    )
  })

  test('percent-encoding is undone after the path is split', () => {
    assert.equal(bindSize('/bin/%31%4b', '', noLimits)['size'], 1024)
    assert.equal(bindText('/ws/a%2Fb%20%C3%A9', '', noLimits)['anything'], 'a/b é')
    assert.match(
      refusal(() => bindDelay('/delay/5%2F6', '', noLimits)),
      /^ms="5\/6" is wrong/,
    )
  })

  test('a plus in a path is a plus', () => {
    assert.equal(bindText('/ws/a+b', '', noLimits)['anything'], 'a+b')
  })
})

suite('query parameters', () => {
  test('percent-encoding and plus are undone, a second equals sign belongs to the value', () => {
    assert.equal(bindText('/ws', 'text=a+b%2Bc%26%3D', noLimits)['text'], 'a b+c&=')
    assert.equal(bindText('/ws', 'text=a=b', noLimits)['text'], 'a=b')
    assert.equal(bindText('/ws', 'text=', noLimits)['text'], '')
    assert.equal(bindText('/ws', 'text', noLimits)['text'], '')
  })

  test('a repeated parameter is refused, even when both values are the same', () => {
    assert.equal(
      refusal(() => bindSize('/bin/1', 'seed=1&seed=1', noLimits)),
      'seed is given twice; give it once',
    )
  })

  test('an empty value is a bad value where text is needed', () => {
    assert.match(
      refusal(() => bindSize('/bin/1', 'seed=', noLimits)),
      /^seed="" is wrong; use /,
    )
    assert.match(
      refusal(() => bindSize('/bin/1', 'chunked', noLimits)),
      /^chunked="" is wrong; use /,
    )
  })

  test('a required one that is missing is refused with what is allowed', () => {
    const expected = 'mode is missing from /plain; use one of a, b'
    assert.equal(
      refusal(() => bindRequired('/plain', '_other=a', noLimits)),
      expected,
    )
    assert.deepEqual(bindRequired('/plain', 'mode=b', noLimits), { mode: 'b' })
  })

  test('a required parameter is missed in a target without a query, too', () => {
    assert.match(
      refusal(() => bindRequired('/plain', '', noLimits)),
      /^mode is missing/,
    )
  })

  test('no reading of a target leaks into the next', () => {
    bindSize('/bin/5', 'seed=3&chunked=1', noLimits)
    assert.deepEqual(bindSize('/bin/1', '', noLimits), { size: 1, seed: undefined, chunked: false })
  })
})

suite('refusals', () => {
  test('the refusal of bad percent-encoding says so', () => {
    for (const text of ['%', '%z', '%2', '%ff', '%C3%28', '%ED%A0%80']) {
      const expected = `text=${JSON.stringify(text)} is wrong; its percent-encoding is not UTF-8`
      assert.equal(
        refusal(() => bindText('/ws', `text=${text}`, noLimits)),
        expected,
      )
    }
  })

  test('a value past a limit is refused with the value, the setting and its size', () => {
    const limits = { ...noLimits, payloadBytes: 1024, delayMs: 1000 }
    assert.deepEqual(bindSize('/bin/1K', '', limits)['size'], 1024)
    assert.equal(
      refusal(() => bindSize('/bin/1025', '', limits)),
      'size="1025" is past limits.payload (1K)',
    )
    assert.equal(
      refusal(() => bindDelay('/delay/1/2s', '', limits)),
      'readDelayMs="2s" is past limits.delay (1s)',
    )
  })

  test('a long value is cut', () => {
    const long = '9'.repeat(64)
    assert.equal(
      refusal(() => bindSize(`/bin/${long}`, '', noLimits)),
      `size="${long}" is wrong; use ${size().allowed}`,
    )
    assert.equal(
      refusal(() => bindSize(`/bin/${long}9`, '', noLimits)),
      `size="${long}..." is wrong; use ${size().allowed}`,
    )
  })

  test('the sentence names the parameter, the value and what is allowed, and is one line', () => {
    const texts = anyText(80, 1)
    const property = fc.property(texts, (text) => {
      if (/^[0-9]$/.test(text)) return
      const query = `seed=${encodeURIComponent(text.toWellFormed())}`
      const shown = JSON.stringify(text.toWellFormed().slice(0, 64)).slice(0, -1)
      const sentence = refusal(() => bindSize('/bin/1', query, noLimits))
      assert.ok(sentence.startsWith(`seed=${shown}`), sentence)
      assert.ok(sentence.endsWith(` is wrong; use ${integer(0, 9).allowed}`), sentence)
      assert.ok(!sentence.includes('\n'))
    })
    fc.assert(property)
  })
})

suite('the rows of the table', () => {
  const pieces = fc.oneof(
    anyText(10),
    fc.stringMatching(/^[0-9]{1,17}[KMGTms]?$/),
    fc.constantFrom('%', '%ff', '+', '&', '=', '/', '..', '1K', 'true', '200:0.5,503:1', '%31'),
  )

  test("any target is read or refused as the client's mistake", () => {
    for (const row of [...httpRows, ...wsRows]) {
      const bind = createBindTarget(row)
      const fixed = row.path.split('{')[0] ?? '/'
      const names = [...Object.keys(row.parameters), '__proto__', 'x']
      const pairs = fc.array(fc.tuple(fc.constantFrom(...names), pieces), { maxLength: 4 })
      const property = fc.property(fc.array(pieces, { maxLength: 3 }), pairs, (segments, given) => {
        const path = `${fixed}${fixed === row.path ? '' : segments.join('/')}`
        const query = given.map(([name, text]) => `${name}=${text}`).join('&')
        try {
          const values = bind(path, query, noLimits)
          assert.deepEqual(Object.keys(values).toSorted(), Object.keys(row.parameters).toSorted())
        } catch (error) {
          assert.ok(error instanceof OriginError, `${path}?${query}: ${String(error)}`)
          assert.equal(error.code, 'INVALID_REQUEST')
        }
      })
      fc.assert(property)
    }
  })

  test('each is found under its patterns', () => {
    const cases = {
      '/': ['/'],
      '/health': ['/health'],
      '/bin/{size}': ['/bin/*'],
      '/nousage/{variant?}': ['/nousage', '/nousage/*'],
      '/delay/{ms}/{readDelayMs?}': ['/delay/*'],
      '/ws/{anything?}': ['/ws', '/ws/*'],
    }
    for (const [path, patterns] of Object.entries(cases)) {
      assert.deepEqual(routePatterns({ path, parameters: {} }), patterns, path)
    }
  })

  test('each names in its path exactly its path parameters', () => {
    for (const row of [...httpRows, ...wsRows]) {
      const named = [...row.path.matchAll(/\{(\w+)\??\}/g)].map(([, name]) => name)
      const declared = Object.entries(row.parameters).filter(
        ([, { in: place }]) => place === 'path',
      )
      assert.deepEqual(
        named,
        declared.map(([name]) => name),
        row.path,
      )
    }
  })
})
