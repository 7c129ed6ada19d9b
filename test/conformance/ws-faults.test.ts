// What goes wrong on purpose with a WebSocket on the wire listener: in the place of the handshake's answer, or in the
// frames after it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'

import { jsonOf } from '../support/ask.ts'
import { RawConnection, headerOf, rawRequest } from '../support/raw.ts'
import { scrape } from '../support/scrape.ts'
import { allFreed } from '../support/shared-origin.ts'
import { until, within } from '../support/wait.ts'
import { exchangeWhole } from '../support/whole-exchange.ts'
import { howItEnds, useWire } from './wire-client.ts'
import { openHttp2 } from './wire-http2-client.ts'
import { Refused, askForWs, frameBytes, handshakeHeaders, openWs } from './ws-client.ts'

const { origin, url } = useWire()

const asking = (hp: string): Record<string, string> => ({ 'X-HP': hp, 'X-HP-Id': 'one' })

/** A WebSocket that suffers, to which `text` was sent. */
async function suffering(hp: string, text = 'hello') {
  const headers = [...handshakeHeaders, `X-HP: ${hp}`]
  const { connection, answer } = await askForWs(url(), '/ws', headers)
  assert.equal(answer.status, 101)
  connection.send(frameBytes({ opcode: 1, payload: Buffer.from(text) }))
  return connection
}

/** The echo of `hello` as a frame of a server: one unmasked frame of text. */
const echo = Buffer.from('\u0081\u0005hello', 'latin1')

async function done(fault: string): Promise<number> {
  const labels = { fault, listener: 'wire', done: 'true' }
  return (await scrape(origin())).value('hpdummy_faults_total', labels) ?? 0
}

suite('in the place of the answer to the handshake', () => {
  test('status refuses it, in our words', async () => {
    const refusal = await openWs(`${url()}/ws`, { headers: asking('status=503') }).then(
      () => assert.fail('it was agreed to'),
      (error: unknown) => error,
    )
    assert.ok(refusal instanceof Refused)
    assert.deepEqual([refusal.status, refusal.json['code']], [503, 'INJECTED'])
    assert.equal(refusal.headers['x-hp-injected'], 'status=503')
  })

  test('no-answer ends the connection by FIN, reset by RST', async () => {
    for (const [fault, end] of [
      ['no-answer', 'FIN'],
      ['reset', 'RST'],
    ] as const) {
      const before = await done(fault)
      const { connection } = await beginWs(fault)
      assert.equal(await howItEnds(connection), end, fault)
      await until('it is counted', () => done(fault), { holds: (count) => count === before + 1 })
    }
  })

  test('delay and header hold for the answer, and the frames are whole', async () => {
    const { socket, next } = await openWs(`${url()}/ws`, {
      headers: asking('delay=20ms; header=X-Odd:1'),
    })
    socket.send('hello')
    assert.equal((await next()).bytes.toString(), 'hello')
    socket.terminate()
    const headers = [...handshakeHeaders, 'X-HP-Id: one', 'X-HP: delay=20ms; header=X-Odd:1']
    const { connection, answer } = await askForWs(url(), '/ws', headers)
    assert.equal(headerOf(answer, 'x-odd'), '1')
    assert.match(headerOf(answer, 'x-hp-injected') ?? '', /delay=20ms/)
    connection.leave()
  })

  test('what a WebSocket cannot suffer is 501, what cannot be read 400', async () => {
    for (const [hp, status] of [
      ['fault=chunk=badsize', 501],
      ['fault=frame=blue', 400],
    ] as const) {
      const { answer } = await askForWs(url(), '/ws', [...handshakeHeaders, `X-HP: ${hp}`])
      assert.equal(answer.status, status, hp)
    }
  })
})

async function beginWs(fault: string) {
  const connection = await RawConnection.open(url())
  const headers = [...handshakeHeaders, `X-HP: fault=${fault}`]
  connection.send(rawRequest('GET /ws', { headers }))
  return { connection }
}

suite('in the frames', () => {
  test('truncate ends the connection inside a frame, without a Close frame', async () => {
    const connection = await suffering('fault=truncate@4')
    assert.deepEqual(await connection.take(4), echo.subarray(0, 4))
    assert.equal(await howItEnds(connection), 'FIN')
  })

  test('a client is told 1006', async () => {
    const { socket, closed } = await openWs(`${url()}/ws`, {
      headers: { 'X-HP': 'fault=truncate@0' },
    })
    socket.on('error', () => {})
    socket.send('hello')
    assert.equal((await within('the close', closed)).code, 1006)
  })

  test('reset ends it by RST', async () => {
    const request = rawRequest('GET /ws', { headers: [...handshakeHeaders, 'X-HP: fault=reset@3'] })
    const frame = frameBytes({ opcode: 1, payload: Buffer.from('hello') })
    const bytes = Buffer.concat([Buffer.from(request), frame])
    const { body, end } = await exchangeWhole(origin().ports.wire, bytes)
    assert.deepEqual(body, echo.subarray(0, 3))
    assert.notEqual(end, 'FIN')
  })

  test('corrupt inverts one byte', async () => {
    const connection = await suffering('fault=corrupt@2')
    const bytes = await connection.take(echo.length)
    const expected = Buffer.from(echo)
    expected[2] = ~(expected[2] ?? 0) & 0xff
    assert.deepEqual(bytes, expected)
    connection.leave()
  })

  test('stall stops inside a message, and goes on', async () => {
    const before = await done('stall')
    const startedAt = performance.now()
    const connection = await suffering('fault=stall@3:300ms')
    assert.deepEqual(await connection.take(echo.length), echo)
    assert.ok(performance.now() - startedAt >= 299)
    connection.leave()
    await until('it is counted', () => done('stall'), { holds: (count) => count === before + 1 })
  })

  for (const [defect, bytes] of [
    ['rsv', [0xc1, 5]],
    ['opcode', [0x83, 5]],
    ['continuation', [0x80, 5]],
    ['masked', [0x81, 0x85]],
  ] as const) {
    test(`frame=${defect} breaks the first frame alone`, async () => {
      const connection = await suffering(`fault=frame=${defect}`)
      assert.deepEqual([...(await connection.take(echo.length)).subarray(0, 2)], [...bytes])
      connection.send(frameBytes({ opcode: 1, payload: Buffer.from('hello') }))
      assert.deepEqual(await connection.take(echo.length), echo)
      connection.leave()
    })
  }

  test('over HTTP/2 the stream ends, and its connection goes on', async () => {
    const session = await openHttp2(url())
    const stream = session.request({
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':path': '/ws',
      'sec-websocket-version': '13',
      'x-hp': 'fault=reset@3',
    })
    stream.on('error', () => {})
    const [head] = await within('the answer', once(stream, 'response'))
    assert.equal(head[':status'], 200)
    stream.resume().write(frameBytes({ opcode: 1, payload: Buffer.from('hello') }))
    await within('the end', new Promise((resolve) => stream.once('close', resolve)))
    assert.equal(stream.rstCode, 2)
    const other = session.request({ ':path': '/bin/10' })
    const [second] = await within('another answer', once(other, 'response'))
    assert.equal(second[':status'], 200)
    session.destroy()
  })
})

test('on the fast listener it is 501 with the port that can', async () => {
  const headers = [...handshakeHeaders, 'X-HP: fault=truncate@4']
  const { answer } = await askForWs(origin().url, '/ws', headers)
  assert.equal(answer.status, 501)
  assert.match(String(jsonOf(answer)['error']), new RegExp(`wire.port, ${origin().ports.wire}`))
})

test('nothing is held afterwards', () => allFreed(origin()))
