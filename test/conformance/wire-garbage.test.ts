import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { suite, test } from 'node:test'

import { ask, jsonOf } from '../support/ask.ts'
import { type RawConnection, headerOf, rawRequest } from '../support/raw.ts'
import { allFreed, readActivity, residentBytes } from '../support/shared-origin.ts'
import { until, within } from '../support/wait.ts'
import { createDice, fuzzBytes } from './fuzz-bytes.ts'
import { howItEnds, useWire } from './wire-client.ts'

const { origin, url, open } = useWire()

const head = (line: string, ...headers: string[]): string =>
  `${line}\r\n${['Host: x', ...headers].join('\r\n')}\r\n\r\n`
const post = (...headers: string[]): string => head('POST / HTTP/1.1', ...headers)
const chunked = 'Transfer-Encoding: chunked'

suite(
  'bytes that are not a request are refused in our words, and end the connection',
  { concurrency: 8 },
  () => {
    for (const [what, status, bytes] of [
      ['a garbage version', 400, head('GET /health HTTQ/1.1')],
      ['HTTP/1.2', 400, head('GET / HTTP/1.2')],
      ['HTTP/3.0', 400, head('GET / HTTP/3.0')],
      ['a TLS hello', 400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
      [
        'a PROXY protocol header',
        400,
        `PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n${head('GET / HTTP/1.1')}`,
      ],
      ['a target without a slash', 400, head('GET health HTTP/1.1')],
      ['NUL in the target', 400, head('GET /a\0b HTTP/1.1')],
      ['a space before the colon', 400, head('GET / HTTP/1.1', 'X-A : b')],
      ['a header without a colon', 400, head('GET / HTTP/1.1', 'X-A')],
      ['NUL in a header', 400, head('GET / HTTP/1.1', 'X-A: a\0b')],
      ['CR in a header', 400, head('GET / HTTP/1.1', 'X-A: a\rb')],
      ['Content-Length and Transfer-Encoding', 400, post('Content-Length: 3', chunked)],
      ['Transfer-Encoding and Content-Length', 400, post(chunked, 'Content-Length: 3')],
      ['two Content-Lengths', 400, `${post('Content-Length: 3', 'Content-Length: 5')}abcde`],
      ['a negative Content-Length', 400, post('Content-Length: -1')],
      ['a Content-Length past 64 bits', 400, post('Content-Length: 99999999999999999999999')],
      ['a hexadecimal Content-Length', 400, post('Content-Length: 0x3')],
      ['a last coding that is not chunked', 400, post('Transfer-Encoding: chunked, gzip')],
      ['a chunk size that is none', 400, `${post(chunked)}zz\r\nab\r\n0\r\n\r\n`],
      ['a chunk longer than it says', 400, `${post(chunked)}3\r\nabcdef\r\n0\r\n\r\n`],
      ['a chunk size past 64 bits', 400, `${post(chunked)}${'f'.repeat(17)}\r\n`],
      ['chunk extensions of 20 KB', 413, `${post(chunked)}1;${'e'.repeat(20_000)}\r\n`],
      ['a header of 70 KB', 431, head('GET / HTTP/1.1', `X-A: ${'a'.repeat(70_000)}`)],
      ['a target of 70 KB', 431, head(`GET /${'a'.repeat(70_000)} HTTP/1.1`)],
    ] as const) {
      test(`${what}: ${status}`, async () => {
        const connection = await open()
        const ended = howItEnds(connection)
        connection.send(bytes)
        const answer = await connection.answer()
        assert.equal(answer.status, status, answer.body.toString())
        assert.equal(headerOf(answer, 'connection'), 'close')
        const json = jsonOf(answer)
        assert.deepEqual(Object.keys(json).toSorted(), ['code', 'error', 'request_id', 'timestamp'])
        assert.equal(headerOf(answer, 'x-request-id'), json['request_id'])
        assert.equal(await ended, 'FIN')
        assert.equal(connection.waiting, 0, 'one answer only')
      })
    }

    for (const [what, bytes] of [
      ['no Host', 'GET /health HTTP/1.1\r\n\r\n'],
      ['two Hosts', head('GET /health HTTP/1.1', 'Host: y')],
      [
        'two Hosts that are the same',
        head('GET /ws HTTP/1.0', 'Host: x', 'Connection: keep-alive'),
      ],
    ] as const) {
      test(`${what}: 400`, async () => {
        const connection = await open()
        connection.send(bytes)
        const answer = await connection.answer()
        assert.equal(answer.status, 400)
        assert.equal(jsonOf(answer)['code'], 'INVALID_REQUEST')
        connection.leave()
      })
    }

    test('CONNECT is 405 that says what is allowed', async () => {
      const connection = await open()
      const ended = howItEnds(connection)
      connection.send(rawRequest('CONNECT x:443', { headers: ['X-Request-ID: tunnel-1'] }))
      const answer = await connection.answer()
      assert.deepEqual([answer.status, jsonOf(answer)['request_id']], [405, 'tunnel-1'])
      assert.match(headerOf(answer, 'allow') ?? '', /GET/)
      assert.equal(await ended, 'FIN')
    })
  },
)

suite('after valid requests', { concurrency: 4 }, () => {
  for (const path of ['/n', '/delay/100']) {
    test(`garbage after ${path} is refused behind the answer`, async () => {
      const connection = await open()
      connection.send(`${rawRequest(`GET ${path}`).repeat(3)}NONSENSE\r\n\r\n`)
      for (let index = 0; index < 3; index++) {
        assert.equal((await connection.answer()).status, 200)
      }
      assert.equal((await connection.answer()).status, 400)
      await within('the end', connection.closed)
      connection.leave()
    })
  }

  test('what comes after Connection: close is ignored', async () => {
    const connection = await open()
    const ended = howItEnds(connection)
    const last = rawRequest('GET /last', { headers: ['Connection: close'] })
    connection.send(last + rawRequest('GET /never').repeat(1000))
    assert.equal(jsonOf(await connection.answer())['path'], '/last')
    assert.equal(await ended, 'FIN')
    assert.equal(connection.waiting, 0)
  })

  test('a bad chunk after an answer that did not wait for it', async () => {
    const connection = await open()
    connection.send(rawRequest('GET /bin/10', { headers: [chunked], body: '3\r\nabc\r\n' }))
    assert.equal((await connection.answer()).status, 200)
    connection.send('zz\r\n')
    assert.equal((await connection.answer()).status, 400)
    await within('the end', connection.closed)
    connection.leave()
  })
})

/** Goes on sending until the peer has ended its side. */
function flood(connection: RawConnection, piece: Buffer, pieces: number): void {
  let sent = 0
  const go = (): void => {
    while (sent < pieces && !connection.socket.destroyed) {
      sent++
      if (!connection.socket.write(piece)) return void connection.socket.once('drain', go)
    }
  }
  go()
}

test('a head of 100 MiB is refused with 431 while it is being sent, and costs nothing', async () => {
  const before = residentBytes(origin())
  const connection = await open()
  connection.send('GET / HTTP/1.1\r\nHost: x\r\nX-A: ')
  flood(connection, Buffer.alloc(2 ** 20, 'a'), 100)
  const answer = await connection.answer()
  assert.equal(answer.status, 431)
  connection.leave()
  await allFreed(origin())
  const grown = residentBytes(origin()) - before
  assert.ok(grown < 64 * 2 ** 20, `grew by ${grown} bytes`)
})

test('20,000 requests with unread answers cost little', async () => {
  // A client that is not read is not seen to leave until it is written to.
  for (const path of ['/delay/3000', '/', '/bin/64K']) {
    const before = residentBytes(origin())
    const connection = await open()
    connection.socket.pause()
    flood(connection, Buffer.from(rawRequest(`GET ${path}`).repeat(200)), 100)
    const { requests } = await until(
      `requests of ${path} under way`,
      () => readActivity(origin()),
      { holds: (activity) => activity.requests >= 100 },
    )
    // What one read of the kernel's brings, 64 KiB, is begun at once.
    assert.ok(requests < 128 + 65_536 / 30, `${requests} requests of ${path} at once`)
    const grown = residentBytes(origin()) - before
    assert.ok(grown < 64 * 2 ** 20, `grew by ${grown} bytes`)
    connection.socket.resetAndDestroy()
    await allFreed(origin())
  }
})

test('3000 connections that are opened and reset leave nothing', async () => {
  const { port } = new URL(url())
  const dice = createDice(6)
  const one = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(Number(port), '127.0.0.1')
      socket.on('error', () => {})
      socket.once('close', () => resolve())
      socket.once('connect', () => {
        if (dice.below(2) === 0) socket.write(rawRequest('GET /delay/5000').repeat(dice.below(4)))
        socket.resetAndDestroy()
      })
    })
  for (let round = 0; round < 60; round++) await Promise.all(Array.from({ length: 50 }, one))
  await allFreed(origin(), { ms: 60_000 })
  assert.equal((await ask(url(), '/health')).status, 200)
})

const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
test(`2000 strings of anything neither crash nor clog the origin (FUZZ_SEED=${seed})`, async () => {
  const dice = createDice(seed)
  let [begun, answered] = [0, 0]
  const converse = async (): Promise<void> => {
    const connection = await open()
    connection.send(fuzzBytes(dice))
    if (dice.below(20) === 0) return connection.leave()
    connection.socket.end()
    if ((await within('the end', connection.closed, { ms: 20_000 })).length > 0) answered++
    connection.leave()
  }
  const run = async (): Promise<void> => {
    while (begun++ < 2000) await converse()
  }
  await Promise.all(Array.from({ length: 48 }, run))
  await allFreed(origin())
  assert.ok(answered > 500, `${answered} of 2000 were answered`)
})
