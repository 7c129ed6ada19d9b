import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'

import { ArrivalMeter } from '../../../app/evidence/arrival-times.ts'
import { DigestCheck, allRight } from '../../../app/evidence/digests.ts'

const body = 'ABCDEFGHIX'
const sha256 = createHash('sha256').update(body).digest('base64')
const sha512 = createHash('sha512').update(body).digest('base64')

type Fields = Readonly<Record<string, string>>

function check(headers: Fields, trailers: Fields = {}) {
  const digests = new DigestCheck((name) => headers[name] ?? '')
  for (const half of [body.slice(0, 4), body.slice(4)]) digests.take(Buffer.from(half))
  const results = digests.results((name) => trailers[name] ?? '')
  return { isRight: allRight(results), results }
}

test('every digest of every field is checked', () => {
  const headers = {
    'content-digest': `sha-256=:${sha256}:, sha-512=:${sha512}:`,
    'repr-digest': `sha-512=:${sha256}:;a=1`,
  }
  const { isRight, results } = check(headers)
  assert.equal(isRight, false)
  assert.deepEqual(
    results.map(({ field, algorithm, ok }) => [field, algorithm, ok]),
    [
      ['Content-Digest', 'sha-256', true],
      ['Content-Digest', 'sha-512', true],
      ['Repr-Digest', 'sha-512', false],
    ],
  )
})

test('digests that come as trailers are checked when Trailer announces them', () => {
  const trailers = { 'repr-digest': `sha-256=:${sha256}:` }
  assert.equal(check({ trailer: 'X-A, Repr-Digest' }, trailers).isRight, true)
  const unannounced = check({}, trailers)
  assert.equal(unannounced.isRight, null)
  assert.match(unannounced.results[0]?.why ?? '', /not announced/)
})

test('what cannot be checked is told, and is neither right nor wrong', () => {
  for (const [value, why] of [
    ['md5=:AAAA:', /only sha-256 and sha-512/],
    ['constructor=:AAAA:', /only sha-256 and sha-512/],
    [`sha-256=${sha256}`, /not a dictionary/],
    ['x', /not a dictionary/],
    [Array(40).fill('a=:AA:').join(','), /not a dictionary/],
  ] as const) {
    const { isRight, results } = check({ 'content-digest': value })
    assert.equal(isRight, null, value)
    assert.equal(results.length, 1)
    assert.match(results[0]?.why ?? '', why)
  }
})

test('a digest without its padding is the same digest', () => {
  const bare = sha256.replace(/=+$/, '')
  assert.equal(check({ 'content-digest': `sha-256=:${bare}:` }).isRight, true)
})

test('no digest, no result', () => {
  assert.deepEqual(check({}), { isRight: null, results: [] })
})

test('an arrival meter counts all pieces and keeps the first thousand', () => {
  const meter = new ArrivalMeter(performance.now())
  assert.deepEqual([meter.times().first_byte_ms, meter.times().piece_count], [null, 0])
  for (let piece = 0; piece < 1001; piece++) meter.take(3)
  const times = meter.times()
  assert.deepEqual(
    [times.piece_count, times.pieces.length, times.pieces_cut, times.continue_ms],
    [1001, 1000, true, null],
  )
  assert.ok(
    times.pieces.every(([ms, bytes], at) => bytes === 3 && ms >= (times.pieces[at - 1]?.[0] ?? 0)),
  )
})
