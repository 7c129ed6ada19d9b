import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'

import { ask, jsonOf } from '../support/ask.ts'
import { alphabetBytes } from '../support/payloads.ts'
import { headerOf, rawRequest } from '../support/raw.ts'
import { allFreed, readActivity, residentBytes } from '../support/shared-origin.ts'
import { pause, until, within } from '../support/wait.ts'
import { useWire } from './wire-client.ts'
import { Refused, askForWs, frameBytes, handshakeHeaders, openRawWs, openWs } from './ws-client.ts'

const { origin, url, open } = useWire()
// A client of a busy machine may take longer than this to ask for anything.
const impatient = useWire({ 'keepAlive.idle': '300ms' })

const messageLimit = 16 * 2 ** 20

suite('over HTTP/1.1', { concurrency: 4 }, () => {
  test('text stays text and binary stays binary', async () => {
    const { socket, next } = await openWs(`${url()}/ws`)
    for (const text of ['hello', '', 'é€🐢\u0000\n']) {
      socket.send(text)
      const { bytes, isBinary } = await next()
      assert.deepEqual([bytes.toString(), isBinary], [text, false])
    }
    socket.send(Buffer.from([0, 255, 128]))
    assert.deepEqual(await next(), { bytes: Buffer.from([0, 255, 128]), isBinary: true })
    socket.terminate()
  })

  for (const size of [125, 126, 65_535, 65_536, messageLimit]) {
    test(`a message of ${size} bytes comes back whole`, async () => {
      const { socket, next } = await openWs(`${url()}/ws`)
      socket.send(alphabetBytes(0, size))
      assert.ok((await next()).bytes.equals(alphabetBytes(0, size)))
      socket.terminate()
    })
  }

  test('one byte more is closed with 1009', async () => {
    const { socket, closed } = await openWs(`${url()}/ws`)
    socket.on('error', () => {})
    socket.send(Buffer.alloc(messageLimit + 1))
    assert.equal((await within('the close', closed)).code, 1009)
  })

  test('fragments come back as one message, pings are answered', async () => {
    const { socket, next } = await openWs(`${url()}/ws`)
    const ponged = once(socket, 'pong')
    socket.send('one ', { fin: false })
    socket.ping('now?')
    assert.deepEqual(await within('the pong', ponged), [Buffer.from('now?')])
    socket.send('two', { fin: true })
    assert.equal((await next()).bytes.toString(), 'one two')
    socket.terminate()
  })

  test('3000 messages at once come back in order', async () => {
    const { socket, next } = await openWs(`${url()}/ws/room`)
    for (let index = 0; index < 3000; index++) socket.send(`message ${index}`)
    for (let index = 0; index < 3000; index++) {
      assert.equal((await next()).bytes.toString(), `message ${index}`)
    }
    socket.terminate()
  })

  for (const code of [1000, 1001, 1003, 1008, 1011, 1014, 3000, 4999]) {
    test(`/ws/close/${code} answers one message and closes with ${code}`, async () => {
      const { socket, next, closed } = await openWs(`${url()}/ws/close/${code}`)
      socket.send('bye')
      assert.equal((await next()).bytes.toString(), 'Server received: bye')
      assert.deepEqual(await within('the close', closed), { code, reason: 'server done' })
    })
  }

  test('/ws/push numbers its messages and closes with 1000', async () => {
    const { next, closed } = await openWs(`${url()}/ws/push?count=4&interval=20&size=1000`)
    for (let seq = 1; seq <= 4; seq++) {
      const json = jsonOf({ body: (await next()).bytes })
      assert.deepEqual([json['seq'], String(json['padding']).length], [seq, 1000])
    }
    assert.equal((await within('the close', closed)).code, 1000)
  })

  test('a reader that pauses misses nothing and costs little', async () => {
    const { socket, next, closed } = await openWs(`${url()}/ws/push?count=200&interval=0&size=1M`)
    const before = residentBytes(origin())
    socket.pause()
    // Long enough for what would be queued to be queued.
    await pause(500)
    const grown = residentBytes(origin()) - before
    assert.ok(grown < 96 * 2 ** 20, `grew by ${grown} bytes`)
    socket.resume()
    for (let seq = 1; seq <= 200; seq++) {
      assert.equal(jsonOf({ body: (await next()).bytes })['seq'], seq)
    }
    assert.equal((await within('the close', closed)).code, 1000)
  })

  test('an idle one outlives keepAlive.idle', async () => {
    const { socket, next } = await openWs(`${impatient.url()}/ws`)
    await pause(900)
    socket.send('still there?')
    assert.equal((await next()).bytes.toString(), 'still there?')
    socket.terminate()
  })

  test('a message in one piece with the handshake is answered', async () => {
    const connection = await open()
    const frame = frameBytes({ opcode: 1, payload: Buffer.from('early') })
    const handshake = rawRequest('GET /ws', { headers: handshakeHeaders })
    connection.send(Buffer.concat([Buffer.from(handshake), frame]))
    assert.equal((await connection.answer()).status, 101)
    assert.equal((await connection.take(7)).toString('latin1'), '\x81\x05early')
    connection.leave()
  })

  test('invalid frames close with the right code', async () => {
    for (const [frame, code] of [
      [frameBytes({ opcode: 3 }), 1002],
      [frameBytes({ opcode: 1, payload: Buffer.from([0xff]) }), 1007],
      [frameBytes({ opcode: 1, reservedBits: 4 }), 1002],
      [Buffer.from([0x81, 0x01, 0x61]), 1002],
    ] as const) {
      const connection = await openRawWs(url(), '/ws')
      connection.send(frame)
      const head = await connection.take(4)
      assert.deepEqual([head[0], head.readUInt16BE(2)], [0x88, code])
      connection.leave()
    }
  })
})

suite('refusals', { concurrency: 4 }, () => {
  for (const [what, instead] of [
    ['Sec-WebSocket-Key', []],
    ['Sec-WebSocket-Key', ['Sec-WebSocket-Key: short']],
    ['Sec-WebSocket-Version', ['Sec-WebSocket-Version: 8']],
    ['Upgrade', []],
    ['Upgrade', ['Upgrade: h2c']],
    ['Connection', []],
  ] as const) {
    test(`with ${instead[0] ?? `no ${what}`} it is 400 in our words`, async () => {
      const lines = handshakeHeaders.filter((line) => !line.startsWith(`${what}:`))
      const { connection, answer } = await askForWs(url(), '/ws', [...lines, ...instead])
      assert.deepEqual([answer.status, jsonOf(answer)['code']], [400, 'INVALID_REQUEST'])
      if (what.endsWith('Version')) assert.equal(headerOf(answer, 'sec-websocket-version'), '13')
      connection.leave()
    })
  }

  test('an unknown parameter, another method, another path', async () => {
    await assert.rejects(
      openWs(`${url()}/ws/push?count=x`),
      (error) => error instanceof Refused && error.status === 400,
    )
    await assert.rejects(
      openWs(`${url()}/elsewhere`),
      (error) => error instanceof Refused && error.status === 400,
    )
    const posted = await ask(url(), '/ws', { method: 'POST', body: 'x' })
    assert.deepEqual([posted.status, posted.headers['allow']], [405, 'GET'])
    assert.equal((await ask(url(), '/ws')).status, 400)
  })

  test('after an unanswered request it is not a handshake', async () => {
    const connection = await open()
    connection.send(
      rawRequest('GET /delay/100') + rawRequest('GET /ws', { headers: handshakeHeaders }),
    )
    assert.equal(jsonOf(await connection.answer())['path'], '/delay/100')
    assert.equal((await connection.answer()).status, 400)
    connection.leave()
  })

  test('a subprotocol is chosen, an extension is not', async () => {
    const headers = [
      ...handshakeHeaders,
      'Sec-WebSocket-Protocol: chat, other',
      'Sec-WebSocket-Extensions: permessage-deflate',
    ]
    const { connection, answer } = await askForWs(url(), '/ws', headers)
    assert.equal(headerOf(answer, 'sec-websocket-protocol'), 'chat')
    assert.equal(headerOf(answer, 'sec-websocket-extensions'), undefined)
    connection.leave()
  })
})

test('200 sockets that vanish are freed', async () => {
  const clients = await Promise.all(Array.from({ length: 200 }, () => openWs(`${url()}/ws`)))
  await until('all are counted', () => readActivity(origin()), {
    holds: ({ webSockets }) => webSockets === 200,
  })
  for (const { socket } of clients) socket.terminate()
  await allFreed(origin())
})
