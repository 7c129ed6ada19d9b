import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { ask, jsonOf } from '../support/ask.ts'
import { RawConnection, headerOf, rawRequest } from '../support/raw.ts'
import { allFreed, useOrigin } from '../support/shared-origin.ts'
import { within } from '../support/wait.ts'
import { Refused, askForWs, frameBytes, handshakeHeaders, openRawWs, openWs } from './ws-client.ts'

const origin = useOrigin()

const text = 1
const binary = 2

suite('plain requests to WebSocket paths', { concurrency: 4 }, () => {
  for (const path of [
    '/ws',
    '/ws/room',
    '/ws/close',
    '/ws/close/4000',
    '/ws/push',
    '/ws/push?count=x',
  ]) {
    test(`GET ${path} is 400: not a handshake`, async () => {
      const headers = { 'x-request-id': 'plain-1' }
      const answer = await ask(origin().url, path, { headers })
      assert.equal(answer.status, 400)
      assert.equal(answer.headers['x-request-id'], 'plain-1')
      const { error, timestamp, ...rest } = jsonOf(answer)
      assert.match(String(error), /handshake/)
      assert.ok(Math.abs(Number(timestamp) - Date.now() / 1000) < 5)
      assert.deepEqual(rest, { code: 'INVALID_REQUEST', request_id: 'plain-1' })
    })

    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'BREW']) {
      test(`${method} ${path} is 405 that allows GET`, async () => {
        const answer = await ask(origin().url, path, { method, body: 'x' })
        assert.equal(answer.status, 405)
        assert.equal(answer.headers['allow'], 'GET')
        assert.equal(jsonOf(answer)['code'], 'METHOD_NOT_ALLOWED')
        assert.equal(answer.headers['x-request-id'], jsonOf(answer)['request_id'])
      })
    }
  }

  test('a POST with all of a handshake is 405 too', async () => {
    const headers = Object.fromEntries(handshakeHeaders.map((line) => line.split(': ')))
    const question = { method: 'POST', headers: headers as Record<string, string> }
    // Node's client takes Upgrade for its own business; the origin's answer is what counts.
    assert.equal((await ask(origin().url, '/ws', question)).status, 405)
  })
})

suite('handshakes', { concurrency: 4 }, () => {
  test('the accept key is the one RFC 6455 1.3 computes', async () => {
    const { connection, answer } = await askForWs(origin().url, '/ws', handshakeHeaders)
    connection.leave()
    assert.equal(answer.status, 101)
    assert.equal(headerOf(answer, 'sec-websocket-accept'), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
    assert.equal(headerOf(answer, 'upgrade')?.toLowerCase(), 'websocket')
    assert.equal(headerOf(answer, 'connection')?.toLowerCase(), 'upgrade')
    assert.equal(headerOf(answer, 'sec-websocket-protocol'), undefined)
    assert.equal(headerOf(answer, 'sec-websocket-extensions'), undefined)
  })

  for (const [what, line] of [
    ['upper-case values', 'Upgrade: WEBSOCKET'],
    ['keep-alive beside upgrade', 'Connection: keep-alive, UPGRADE'],
  ] as const) {
    test(`${what} are understood`, async () => {
      const name = line.slice(0, line.indexOf(':'))
      const lines = [...handshakeHeaders.filter((other) => !other.startsWith(name)), line]
      const { connection, answer } = await askForWs(origin().url, '/ws', lines)
      connection.leave()
      assert.equal(answer.status, 101)
    })
  }

  for (const [missing, instead] of [
    ['Sec-WebSocket-Key', []],
    ['Sec-WebSocket-Key', ['Sec-WebSocket-Key: short']],
    ['Sec-WebSocket-Version', []],
    ['Sec-WebSocket-Version', ['Sec-WebSocket-Version: 8']],
    ['Sec-WebSocket-Version', ['Sec-WebSocket-Version: 14']],
    ['Upgrade', []],
    ['Upgrade', ['Upgrade: h2c']],
    ['Connection', []],
    ['Connection', ['Connection: keep-alive']],
  ] as const) {
    // What is left when a proxy takes hop-by-hop headers away is no handshake (RFC 6455 4.2.1).
    test(`with ${instead[0] ?? `no ${missing}`} it is 400`, async () => {
      const lines = handshakeHeaders.filter((line) => !line.startsWith(`${missing}:`))
      const { connection, answer } = await askForWs(origin().url, '/ws', [...lines, ...instead])
      connection.leave()
      assert.equal(answer.status, 400)
      assert.equal(jsonOf(answer)['code'], 'INVALID_REQUEST')
      if (missing.endsWith('Version')) {
        assert.equal(headerOf(answer, 'sec-websocket-version'), '13')
      }
    })
  }

  test('a connection that served requests, and a refusal, can become a WebSocket', async () => {
    const connection = await RawConnection.open(origin().url)
    connection.send(rawRequest('GET /health'))
    assert.equal((await connection.answer()).status, 200)
    connection.send(rawRequest('GET /ws/close/1', { headers: handshakeHeaders }))
    assert.equal((await connection.answer()).status, 400)
    connection.send(rawRequest('GET /ws', { headers: handshakeHeaders }))
    assert.equal((await connection.answer()).status, 101)
    connection.send(frameBytes({ opcode: text, payload: Buffer.from('hi') }))
    assert.equal((await connection.take(4)).toString('latin1'), '\x81\x02hi')
    connection.leave()
  })

  test('the first subprotocol offered is chosen', async () => {
    for (const [protocols, chosen] of [
      [['chat'], 'chat'],
      [['superchat', 'chat'], 'superchat'],
      [[], ''],
    ] as const) {
      const { socket } = await openWs(`${origin().url}/ws`, { protocols: [...protocols] })
      assert.equal(socket.protocol, chosen)
      socket.terminate()
    }
  })

  test('a client that offers compression is served without', async () => {
    const { socket, next } = await openWs(`${origin().url}/ws`, { perMessageDeflate: true })
    assert.equal(socket.extensions, '')
    socket.send('x'.repeat(5000))
    assert.equal((await next()).bytes.length, 5000)
    socket.terminate()
  })

  for (const path of [
    ...['0', '999', '1004', '1005', '1006', '1015', '1016', '2999', '5000', '10000', 'x', '-1'].map(
      (code) => `/ws/close/${code}`,
    ),
    '/ws/close/1000/1000',
    '/ws/close/%ff',
    '/ws/push?count=-1',
    '/ws/push?interval=soon',
    '/ws/push?size=2M',
    '/ws/push?count=1&count=1',
  ]) {
    test(`at ${path} it is 400 with the error JSON`, async () => {
      const headers = { 'x-request-id': 'ws-1' }
      const refused = await openWs(`${origin().url}${path}`, { headers }).catch(
        (error: unknown) => error,
      )
      assert.ok(refused instanceof Refused)
      assert.equal(refused.status, 400)
      const { error, timestamp, ...rest } = refused.json
      assert.ok(typeof error === 'string' && Number.isInteger(timestamp))
      assert.deepEqual(rest, { code: 'INVALID_REQUEST', request_id: 'ws-1' })
      assert.equal(refused.headers['x-request-id'], 'ws-1')
    })
  }
})

const bytes = (...values: number[]): Buffer => Buffer.from(values)

// The engine cuts the connection without a close frame (20.51) where RFC 6455 has 1002 and 1007.
suite('frames that are against the rules end the connection', { concurrency: 4 }, () => {
  for (const [what, frames] of [
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
      (opcode) => [`the reserved opcode ${opcode}`, [frameBytes({ opcode })]] as const,
    ),
    ...[1, 2, 4].map(
      (reservedBits) =>
        [`reserved bits ${reservedBits}`, [frameBytes({ opcode: text, reservedBits })]] as const,
    ),
    ['text that is not UTF-8', [frameBytes({ opcode: text, payload: bytes(0xff, 0xfe) })]],
    ['an overlong UTF-8 form', [frameBytes({ opcode: text, payload: bytes(0xc0, 0xaf) })]],
    [
      'a UTF-16 surrogate in text',
      [frameBytes({ opcode: text, payload: bytes(0xed, 0xa0, 0x80) })],
    ],
    [
      'text that ends inside a character',
      [frameBytes({ opcode: text, payload: bytes(0xe2, 0x82) })],
    ],
    [
      'fragments that are not UTF-8 together',
      [
        frameBytes({ opcode: text, payload: bytes(0xe2, 0x82), isLast: false }),
        frameBytes({ opcode: 0, payload: bytes(0x28) }),
      ],
    ],
    ['a continuation of nothing', [frameBytes({ opcode: 0 })]],
    // Text inside binary: what starts with opcode 2 inside another the engine takes in (20.51).
    [
      'a message inside a message',
      [frameBytes({ opcode: binary, isLast: false }), frameBytes({ opcode: text })],
    ],
    ['a fragmented ping', [frameBytes({ opcode: 9, isLast: false })]],
    ['a ping of 126 bytes', [frameBytes({ opcode: 9, payload: Buffer.alloc(126) })]],
    ['a length past 63 bits', [bytes(0x82, 0xff, ...Array<number>(8).fill(0xff), 0, 0, 0, 0)]],
    ['a length of 16 MiB and one', [bytes(0x82, 0xff, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0)]],
  ] as readonly (readonly [string, readonly Buffer[]])[]) {
    test(what, async () => {
      const connection = await openRawWs(origin().url, '/ws')
      for (const frame of frames) connection.send(frame)
      try {
        assert.equal((await within('the end', connection.closed)).length, 0)
      } finally {
        connection.leave()
      }
    })
  }

  for (const [what, payload] of [
    ['an empty body', bytes()],
    ['one byte', bytes(3)],
    ['a code nobody may send', bytes(0x03, 0xed)],
    ['a reason that is not UTF-8', bytes(0x03, 0xe8, 0xff)],
  ] as const) {
    test(`a close frame with ${what} is answered with one, and the connection ends`, async () => {
      const connection = await openRawWs(origin().url, '/ws')
      connection.send(frameBytes({ opcode: 8, payload }))
      const answered = await within('the end', connection.closed)
      connection.leave()
      assert.equal(answered[0], 0x88)
    })
  }
})

test('nothing of this is left open', () => allFreed(origin()))
