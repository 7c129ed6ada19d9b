// The arrival ledger over real sockets, with one worker: how the ends of exchanges are told apart, and when they began.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import type { LedgerEnd } from '../../app/evidence/ledger/record.ts'
import { ask } from '../support/ask.ts'
import { endedAttempt } from '../support/ledger-client.ts'
import { RawConnection, rawRequest } from '../support/raw.ts'
import { readActivity, useOrigin } from '../support/shared-origin.ts'
import { until, within } from '../support/wait.ts'
import { openHttp2 } from './wire-http2-client.ts'

const origin = useOrigin()
const names = ['fast', 'wire'] as const
type Name = (typeof names)[number]

function urlOf(name: Name): string {
  return name === 'fast' ? origin().url : `http://127.0.0.1:${origin().ports.wire}`
}

async function untilActive(count: number): Promise<void> {
  await until(`${count} requests at work`, () => readActivity(origin()), {
    holds: ({ requests }) => requests === count,
  })
}

/** Leaves in the middle of the answer or of the body, and gives back how that is told. */
async function leave(
  name: Name,
  way: 'upload' | 'download',
  how: 'FIN' | 'RST',
): Promise<LedgerEnd> {
  const id = `${name}-${way}-${how}`
  const connection = await RawConnection.open(urlOf(name))
  const headers = [`X-HP-Id: ${id}`]
  connection.socket.pause()
  connection.send(
    way === 'download'
      ? rawRequest('GET /bin/10G', { headers })
      : rawRequest('POST /upload', { headers: [...headers, 'Content-Length: 1000'], body: 'half' }),
  )
  await untilActive(1)
  if (how === 'RST') connection.socket.resetAndDestroy()
  else connection.leave()
  return (await endedAttempt(urlOf(name), id)).end
}

suite('a client that leaves', () => {
  test('what the wire listener does from its FIN until it notices is told', async () => {
    const id = 'fin-first'
    const connection = await RawConnection.open(urlOf('wire'))
    connection.send(rawRequest('GET /sse?count=0&interval=10ms', { headers: [`X-HP-Id: ${id}`] }))
    await until('some of the stream is there', () => connection.received > 500)
    connection.socket.end()
    const atFin = connection.received
    await until('more of it comes', () => connection.received > atFin + 500)
    connection.socket.resetAndDestroy()
    const { end, times, work_after_client_left: after } = await endedAttempt(urlOf('wire'), id)
    assert.deepEqual([end.cause, end.by], ['fin', 'client'])
    assert.ok((times.client_fin ?? 0) > 0)
    assert.ok(after !== null && after.bytes > 0 && after.ms > 0, JSON.stringify(after))
  })

  test('what an endpoint does for a client that has reset is told when it stops', async () => {
    const id = 'works-on'
    const connection = await RawConnection.open(urlOf('wire'))
    const workMs = 300
    connection.send(rawRequest(`GET /work/${workMs}`, { headers: [`X-HP-Id: ${id}`] }))
    await untilActive(1)
    connection.socket.resetAndDestroy()
    const { end, times, work_after_client_left: after } = await endedAttempt(urlOf('wire'), id)
    assert.deepEqual([end.cause, end.by], ['rst', 'client'])
    assert.equal(after?.bytes, 0)
    // It gave up at once, or did its work to the end.
    assert.ok((times.end ?? -1) > 0 && after.ms >= 0, JSON.stringify([times, after]))
  })

  for (const how of ['FIN', 'RST'] as const) {
    test(`the wire listener tells a ${how} in the middle of the body, and its byte`, async () => {
      const { cause, by, at } = await leave('wire', 'upload', how)
      assert.deepEqual(
        [cause, by, at],
        [how.toLowerCase(), 'client', { direction: 'request', byte: 4 }],
      )
    })

    // uWebSockets does not tell one from the other.
    test(`the fast listener tells that it left by ${how} in the middle of the body`, async () => {
      const { cause, by, at } = await leave('fast', 'upload', how)
      assert.deepEqual([cause, by, at], ['abort', 'client', { direction: 'request', byte: 4 }])
    })
  }

  for (const name of names) {
    test(`a reset in the middle of the answer, on the ${name} listener`, async () => {
      const { cause, by, at } = await leave(name, 'download', 'RST')
      assert.deepEqual(
        [cause, by, at?.direction],
        [name === 'wire' ? 'rst' : 'abort', 'client', 'response'],
      )
      assert.ok(at !== null && at.byte > 0)
    })
  }

  test('a stream of HTTP/2 that is reset is told with its code', async () => {
    const session = await openHttp2(urlOf('wire'))
    const stream = session.request({ ':path': '/delay/60000', 'x-hp-id': 'stream' })
    stream.on('error', () => {})
    await untilActive(1)
    stream.close(8)
    const { end, http_version: version } = await endedAttempt(urlOf('wire'), 'stream')
    session.destroy()
    assert.deepEqual([version, end.cause, end.by, end.code], ['2', 'rst-stream', 'client', 8])
  })

  test('a connection of HTTP/2 that ends takes its streams along', async () => {
    const session = await openHttp2(urlOf('wire'))
    const stream = session.request({ ':path': '/delay/60000', 'x-hp-id': 'session' })
    stream.on('error', () => {})
    await untilActive(1)
    session.destroy()
    const { end } = await endedAttempt(urlOf('wire'), 'session')
    assert.ok(['fin', 'rst'].includes(end.cause), end.cause)
    assert.equal(end.by, 'client')
  })
})

suite('what the origin does on purpose', () => {
  test('a fault that ends the answer is its cause', async () => {
    const connection = await RawConnection.open(urlOf('wire'))
    const headers = ['X-HP-Id: fault', 'X-HP: fault=reset@body:1024']
    connection.send(rawRequest('GET /bin/4K', { headers }))
    await within('the reset', connection.ended)
    const { end, faults, status, bytes_written: bytes } = await endedAttempt(urlOf('wire'), 'fault')
    assert.deepEqual([status, bytes, faults], [200, 1024, ['reset']])
    assert.deepEqual(end, {
      cause: 'fault',
      by: 'origin',
      code: null,
      at: { direction: 'response', byte: 1024 },
      fault: 'reset',
    })
  })

  test('the fast listener cuts and tells it, too', async () => {
    const connection = await RawConnection.open(urlOf('fast'))
    const headers = ['X-HP-Id: cut', 'X-HP: fault=truncate@1024']
    connection.send(rawRequest('GET /bin/4K', { headers }))
    await within('the end', connection.ended)
    connection.leave()
    const { end } = await endedAttempt(urlOf('fast'), 'cut')
    assert.deepEqual([end.cause, end.fault, end.at?.byte], ['fault', 'truncate', 1024])
  })

  test('an injected status is a complete answer with a fault', async () => {
    await ask(urlOf('fast'), '/bin/1K', {
      headers: { 'X-HP-Id': 'status', 'X-HP': 'status=503' },
    })
    const { end, faults, status } = await endedAttempt(urlOf('fast'), 'status')
    assert.deepEqual([status, end.cause, faults], [503, 'complete', ['status']])
  })

  test('interim answers and a met expectation are told', async () => {
    await ask(urlOf('wire'), '/early-hints', { headers: { 'X-HP-Id': 'hints' } })
    const hints = await endedAttempt(urlOf('wire'), 'hints')
    assert.ok(hints.interims.every(([, status]) => status === 103) && hints.interims.length > 0)
    const headers = { 'X-HP-Id': 'expects', Expect: '100-continue' }
    await ask(urlOf('wire'), '/upload', { method: 'POST', body: 'body', headers })
    const { expect, times } = await endedAttempt(urlOf('wire'), 'expects')
    assert.equal(expect, '100-continue')
    assert.ok((times.continue_sent ?? -1) >= 0)
  })
})

suite('the first byte of a request', () => {
  test('is told by the wire listener, of a head that comes in two parts and of those behind it', async () => {
    const connection = await RawConnection.open(urlOf('wire'))
    const [first, ...rest] = ['slow-head', 'pipelined'].map((id) =>
      rawRequest('GET /bin/10', { headers: [`X-HP-Id: ${id}`] }),
    )
    assert.ok(first !== undefined)
    const before = performance.now()
    connection.send(first.slice(0, 20))
    // The only worker answers another connection, so it has read what came before on this one.
    await ask(urlOf('wire'), '/bin/10')
    connection.send([first.slice(20), ...rest].join(''))
    for (let time = 0; time < 2; time++) await connection.answer()
    const took = performance.now() - before
    connection.leave()
    const slow = await endedAttempt(urlOf('wire'), 'slow-head')
    const pipelined = await endedAttempt(urlOf('wire'), 'pipelined')
    const [slowAt, nextAt] = [slow.times.first_byte ?? 1, pipelined.times.first_byte ?? 1]
    assert.ok(slowAt < 0 && -slowAt < took, `${slowAt} ms of ${took}`)
    assert.ok(nextAt <= 0, `${nextAt}`)
    // It began with the second part.
    assert.ok(slow.arrived_ms + slowAt < pipelined.arrived_ms + nextAt)
    await ask(urlOf('fast'), '/bin/10', { headers: { 'X-HP-Id': 'unseen' } })
    assert.equal((await endedAttempt(urlOf('fast'), 'unseen')).times.first_byte, null)
  })
})
