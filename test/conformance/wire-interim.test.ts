import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { suite, test } from 'node:test'

import { jsonOf } from '../support/ask.ts'
import { alphabetBytes } from '../support/payloads.ts'
import { type RawAnswer, headerOf, rawRequest } from '../support/raw.ts'
import { allFreed } from '../support/shared-origin.ts'
import { readChunked, useWire } from './wire-client.ts'

const { origin, open } = useWire()

/** All answers to one request up to the final one. */
async function answersTo(line: string): Promise<readonly RawAnswer[]> {
  const connection = await open()
  connection.send(rawRequest(line))
  const answers = [await connection.answer()]
  while ((answers.at(-1)?.status ?? 200) < 200) answers.push(await connection.answer())
  connection.send(rawRequest('GET /health'))
  assert.equal((await connection.answer()).status, 200)
  connection.leave()
  return answers
}

const statusesOf = (answers: readonly RawAnswer[]): readonly number[] =>
  answers.map(({ status }) => status)

suite('/status/{1xx}', { concurrency: 4 }, () => {
  for (const [code, reason] of [
    [100, 'Continue'],
    [102, 'Processing'],
    [103, 'Early Hints'],
    [104, 'Unassigned'],
    [199, 'Unassigned'],
  ] as const) {
    test(`${code} comes before the answer`, async () => {
      const [interim, final] = await answersTo(`GET /status/${code}`)
      assert.deepEqual(
        [interim?.version, interim?.status, interim?.reason, interim?.headers],
        ['1.1', code, reason, []],
      )
      assert.equal(final?.status, 200)
      assert.equal(jsonOf(final)['status_code'], code)
    })
  }

  for (const final of [204, 304, 404, 503]) {
    test(`?final=${final} is the answer behind it`, async () => {
      assert.deepEqual(statusesOf(await answersTo(`GET /status/102?final=${final}`)), [102, final])
    })
  }

  test('101 and a final that is not a final status are 400', async () => {
    for (const path of ['/status/101', '/status/103?final=103', '/status/103?final=600']) {
      assert.deepEqual(statusesOf(await answersTo(`GET ${path}`)), [400])
    }
  })

  test('weights mix them with final ones', async () => {
    assert.deepEqual(statusesOf(await answersTo('GET /status/102:1,102:2')), [102, 200])
    const statuses = new Set<number>()
    while (statuses.size < 3) {
      for (const status of statusesOf(await answersTo('GET /status/103:1,404:1'))) {
        statuses.add(status)
      }
    }
    assert.deepEqual(
      [...statuses].toSorted((a, b) => a - b),
      [103, 200, 404],
    )
  })
})

suite('/early-hints', { concurrency: 4 }, () => {
  test('is one 103 with Link, and the same Link behind it', async () => {
    const [interim, final] = await answersTo('GET /early-hints')
    const link = '</style.css>; rel=preload; as=style'
    assert.deepEqual([interim?.status, interim?.headers], [103, [['Link', link]]])
    assert.equal(final && headerOf(final, 'link'), link)
  })

  for (const count of [0, 7, 100]) {
    test(`count=${count} is as many, with the delay before each`, async () => {
      const startedAt = performance.now()
      const answers = await answersTo(`GET /early-hints?count=${count}&delay=2&link=%3C/a%3E`)
      assert.ok(performance.now() - startedAt >= 2 * count)
      assert.deepEqual(statusesOf(answers), [...Array<number>(count).fill(103), 200])
    })
  }

  test('each is sent when it is due', async () => {
    const connection = await open()
    const startedAt = performance.now()
    connection.send(rawRequest('GET /early-hints?count=2&delay=1s'))
    assert.equal((await connection.answer()).status, 103)
    assert.ok(performance.now() - startedAt < 1900)
    // A client that only closes may still want its answer.
    connection.socket.resetAndDestroy()
  })

  test('pipelined ones keep theirs apart and in order', async () => {
    const connection = await open()
    connection.send(
      rawRequest('GET /delay/50') +
        rawRequest('GET /early-hints?count=2') +
        rawRequest('GET /status/102?final=404') +
        rawRequest('GET /early-hints'),
    )
    const statuses: number[] = []
    while (statuses.length < 8) statuses.push((await connection.answer()).status)
    assert.deepEqual(statuses.slice(0, 7), [200, 103, 103, 200, 102, 404, 103])
    assert.equal(statuses[7], 200)
    assert.equal(connection.waiting, 0)
    connection.leave()
  })
})

const query = (count: number): string =>
  Array.from({ length: count }, (_, at) => `t${at}=${at}`).join('&')

suite('trailers', { concurrency: 4 }, () => {
  test('are after the body as requested: case, order, repeats', async () => {
    const connection = await open()
    connection.send(rawRequest('GET /trailers?X-CheckSum=a%20b&zz=1&X-checksum=&ZZ=2'))
    const head = await connection.head()
    assert.equal(headerOf(head, 'trailer'), 'X-CheckSum, zz, X-checksum, ZZ')
    assert.equal(headerOf(head, 'transfer-encoding'), 'chunked')
    assert.equal(headerOf(head, 'content-length'), undefined)
    const { body, trailers } = await readChunked(connection)
    assert.equal(body.toString(), 'The trailers follow this line.\n')
    assert.deepEqual(trailers, ['X-CheckSum: a b', 'zz: 1', 'X-checksum: ', 'ZZ: 2'])
    connection.send(rawRequest('GET /health'))
    assert.equal((await connection.answer()).status, 200)
    connection.leave()
  })

  for (const size of [0, 1, 36, 100_000, 3_000_001]) {
    test(`the digest of ${size} bytes in chunks is a trailer, and right`, async () => {
      const connection = await open()
      connection.send(rawRequest(`GET /bin/${size}?chunked=true&digest=true`))
      const head = await connection.head()
      assert.equal(headerOf(head, 'trailer'), 'Repr-Digest, Content-Digest')
      const { body, trailers } = await readChunked(connection)
      assert.ok(body.equals(alphabetBytes(0, size)))
      const digest = createHash('sha256').update(alphabetBytes(0, size)).digest('base64')
      const value = `sha-256=:${digest}:`
      assert.deepEqual(trailers, [`Repr-Digest: ${value}`, `Content-Digest: ${value}`])
      connection.leave()
    })
  }

  test('64 of them are allowed, 65 are not', async () => {
    const connection = await open()
    connection.send(rawRequest(`GET /trailers?${query(64)}`))
    await connection.head()
    assert.equal((await readChunked(connection)).trailers.length, 64)
    connection.send(rawRequest(`GET /trailers?${query(65)}`))
    assert.equal((await connection.answer()).status, 400)
    connection.leave()
  })

  for (const bad of [
    'Content-Length=5',
    'transfer-encoding=x',
    'Host=a',
    'a%20b=1',
    'a%0d%0ab=1',
    'a=1%0d%0aX:%202',
    'a=%00',
    '=1',
    'caf%C3%A9=1',
    'a=%E2%82%AC',
  ]) {
    test(`${bad} is 400`, async () => {
      assert.deepEqual(statusesOf(await answersTo(`GET /trailers?${bad}`)), [400])
    })
  }

  test('HEAD has neither body nor trailers', async () => {
    const connection = await open()
    connection.send(rawRequest('HEAD /trailers?a=1') + rawRequest('GET /health'))
    assert.equal((await connection.answer({ isHead: true })).status, 200)
    assert.equal((await connection.answer()).body.toString(), '{"status":"ok"}')
    connection.leave()
  })
})

test('nothing is held when all clients have left', () => allFreed(origin()))
