import assert from 'node:assert/strict'
import { test } from 'node:test'

import { flag, integer, maybe, optional, size } from '../../../app/endpoints/codecs.ts'
import { createBindTarget } from '../../../app/endpoints/target.ts'
import { OriginError } from '../../../app/errors.ts'
import { noLimits } from '../../support/exchange.ts'

const bindSize = createBindTarget({
  path: '/bin/{size}',
  parameters: {
    size: { in: 'path', codec: size(), doc: '' },
    seed: { in: 'query', codec: maybe(integer(0, 9)), doc: '' },
    chunked: { in: 'query', codec: optional(flag(), false), doc: '' },
  },
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

test('known names are read, those that clients and proxies add are ignored', () => {
  const values = bindSize(
    '/bin/1',
    '_=%zz&seed=7&&_x&utm_source=mail&chunked=yes&hp-delay=1s&%5Fy=1&_=2',
    noLimits,
  )
  assert.deepEqual(values, { size: 1, seed: 7, chunked: true })
})

test('names that the settings list are ignored', () => {
  const limits = { ...noLimits, ignoredNames: new Set(['gclid', 'v']) }
  assert.equal(bindSize('/bin/1', 'gclid=x&v&seed=1&v', limits)['seed'], 1)
  assert.match(
    refusal(() => bindSize('/bin/1', 'gclid2=x', limits)),
    /^"gclid2" is not/,
  )
})

for (const [query, said] of [
  ['sed=7', '"sed" is not a query parameter of /bin/{size}; did you mean seed?'],
  ['chunked=1&Seed=7', '"Seed" is not a query parameter of /bin/{size}; did you mean seed?'],
  [
    'cachebust=1',
    '"cachebust" is not a query parameter of /bin/{size}; use seed or chunked or a name that starts with _, which is ignored',
  ],
  ['size=4', '"size" is not'],
  ['utm=4', '"utm" is not'],
  ['=5', '"" is not'],
  ['constructor=1', '"constructor" is not'],
  ['x%zz=1', '"x%zz" is not'],
  ['a%22%0Ab', '"a\\"\\nb" is not'],
  ['x'.repeat(65), `"${'x'.repeat(64)}..." is not`],
] as const) {
  test(`${query.slice(0, 20)} is refused`, () => {
    const sentence = refusal(() => bindSize('/bin/1', query, noLimits))
    assert.ok(sentence.startsWith(said), sentence)
  })
}

test('a name may be percent-encoded', () => {
  assert.equal(bindSize('/bin/1', 's%65ed=7', noLimits)['seed'], 7)
  assert.equal(
    refusal(() => bindSize('/bin/1', 's%65ed=7&seed=7', noLimits)),
    'seed is given twice; give it once',
  )
})

test('a row that takes any name refuses none', () => {
  const bind = createBindTarget({ path: '/any', parameters: {}, takesAnyQuery: true })
  assert.deepEqual(bind('/any', 'a=1&a=2&=&%zz', noLimits), {})
})
