// WebSockets in the arrival ledger: a record ends when its WebSocket does, and tells what was said and who ended it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'

import type { LedgerRecord } from '../../app/evidence/ledger/record.ts'
import { askLedger, askRun, endedAttempt } from '../support/ledger-client.ts'
import { scrape } from '../support/scrape.ts'
import { useOrigin } from '../support/shared-origin.ts'
import { until, within } from '../support/wait.ts'
import { openHttp2 } from './wire-http2-client.ts'
import { askForWs, frameBytes, handshakeHeaders, openWs } from './ws-client.ts'

const origin = useOrigin()
const names = ['fast', 'wire'] as const
type Name = (typeof names)[number]

function urlOf(name: Name): string {
  return name === 'fast' ? origin().url : `http://127.0.0.1:${origin().ports.wire}`
}

async function openRaw(name: Name, id: string, more: readonly string[] = []) {
  const headers = [...handshakeHeaders, `X-HP-Id: ${id}`, ...more]
  const { connection, answer } = await askForWs(urlOf(name), '/ws', headers)
  assert.equal(answer.status, 101)
  return connection
}

/** How a record ended, in few words. */
function endOf({ status, end }: LedgerRecord): readonly unknown[] {
  return [status, end.cause, end.by, end.code]
}

async function handshakes(): Promise<number> {
  const labels = { http_route: '/ws/{anything?}' }
  return (await scrape(origin())).value('http_server_request_duration_seconds_count', labels) ?? 0
}

for (const name of names) {
  suite(`on the ${name} listener`, () => {
    test('the record is open while the WebSocket is, and then tells what was said', async () => {
      const id = `said-${name}`
      const before = await handshakes()
      const headers = { 'X-HP-Id': id, 'X-HP-Run': id }
      const { socket, next, closed } = await openWs(`${urlOf(name)}/ws`, { headers })
      for (const message of ['hello', Buffer.from('abc')]) {
        socket.send(message)
        await next()
      }
      const pong = once(socket, 'pong')
      socket.ping()
      await within('the pong', pong)
      const [open] = (await askLedger(urlOf(name), id)).attempts
      assert.deepEqual([open?.end.cause, open?.status], ['open', 0])
      const answered = await until('the handshake is counted', handshakes, {
        holds: (count) => count > before,
      })
      socket.close(4001)
      await within('the close', closed)
      const record = await endedAttempt(urlOf(name), id)
      assert.deepEqual(endOf(record), [101, 'complete', 'client', 4001])
      const { messages_in: heard, messages_out: told, pings_in: pings } = record.websocket ?? {}
      assert.deepEqual([heard, told, pings], [2, 2, 1])
      assert.deepEqual([record.body_bytes, record.bytes_written], [8, 8])
      const { body_first: first, answer_last: last, end } = record.times
      assert.ok(first !== null && last !== null && end !== null && first <= last && last <= end)
      assert.ok((record.websocket?.idle_ms ?? -1) <= end - last + 0.01)
      assert.equal((await askRun(urlOf(name), id)).aborted, 0)
      assert.deepEqual([answered - before, (await handshakes()) - before], [1, 1])
    })

    test('a Close frame of ours is told with its code', async () => {
      const id = `ours-${name}`
      const { socket, closed } = await openWs(`${urlOf(name)}/ws/close/4002`, {
        headers: { 'X-HP-Id': id },
      })
      socket.send('hello')
      await within('the close', closed)
      assert.deepEqual(endOf(await endedAttempt(urlOf(name), id)), [
        101,
        'complete',
        'origin',
        4002,
      ])
    })

    test('a Close frame without a code is 1005', async () => {
      const id = `no-code-${name}`
      const connection = await openRaw(name, id)
      connection.send(frameBytes({ opcode: 8 }))
      connection.leave()
      assert.deepEqual(endOf(await endedAttempt(urlOf(name), id)), [
        101,
        'complete',
        'client',
        1005,
      ])
      connection.leave()
    })

    test('a cut is told as FIN, or as RST where the listener can tell', async () => {
      for (const how of ['fin', 'rst'] as const) {
        const id = `${how}-${name}`
        const connection = await openRaw(name, id, [`X-HP-Run: ${id}`])
        if (how === 'rst') connection.socket.resetAndDestroy()
        else connection.leave()
        const cause = how === 'rst' && name === 'fast' ? 'abort' : how
        assert.deepEqual(endOf(await endedAttempt(urlOf(name), id)), [101, cause, 'client', 1006])
        assert.equal((await askRun(urlOf(name), id)).aborted, 1)
      }
    })

    test('a mistake of the client is ended by us', async () => {
      const id = `mistake-${name}`
      const connection = await openRaw(name, id)
      connection.send(frameBytes({ opcode: 3 }))
      connection.leave()
      const { end } = await endedAttempt(urlOf(name), id)
      // uWebSockets sends no Close frame then.
      const expected = name === 'fast' ? ['abort', 'origin', 1006] : ['complete', 'origin', 1002]
      assert.deepEqual([end.cause, end.by, end.code], expected)
    })
  })
}

/** A WebSocket of HTTP/2 on which one message was echoed. */
async function connectWs(id: string) {
  const session = await openHttp2(urlOf('wire'))
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': '/ws',
    'sec-websocket-version': '13',
    'x-hp-id': id,
  })
  stream.on('error', () => {})
  await within('the answer', once(stream, 'response'))
  stream.write(frameBytes({ opcode: 1, payload: Buffer.from('hello') }))
  await within('the echo', once(stream, 'data'))
  return { session, stream }
}

suite('over HTTP/2', () => {
  test('a Close frame, the end of the stream and its reset are told apart', async () => {
    const code = Buffer.from([0x0f, 0xa3])
    for (const [id, leave, expected] of [
      ['frame', 'close', ['complete', 'client', 4003]],
      ['end', 'end', ['fin', 'client', 1006]],
      ['reset', 'reset', ['rst-stream', 'client', 8]],
    ] as const) {
      const { session, stream } = await connectWs(id)
      if (leave === 'close') stream.write(frameBytes({ opcode: 8, payload: code }))
      if (leave !== 'reset') stream.end()
      if (leave === 'reset') stream.close(8)
      const { status, end, websocket } = await endedAttempt(urlOf('wire'), id)
      session.destroy()
      assert.deepEqual([end.cause, end.by, end.code], expected, id)
      assert.deepEqual([status, websocket?.messages_in, websocket?.messages_out], [200, 1, 1])
    }
  })
})

test('a fault that ends a WebSocket is its cause', async () => {
  const connection = await openRaw('wire', 'cut', ['X-HP: fault=truncate@4'])
  connection.send(frameBytes({ opcode: 1, payload: Buffer.from('hello') }))
  await within('the end', connection.ended)
  connection.leave()
  const { end, faults } = await endedAttempt(urlOf('wire'), 'cut')
  assert.deepEqual(
    [end.cause, end.by, end.fault, faults],
    ['fault', 'origin', 'truncate', ['truncate']],
  )
})
