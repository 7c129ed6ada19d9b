import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, suite, test } from 'node:test'

import { WebSocket } from 'ws'

import { ask, jsonOf } from '../support/ask.ts'
import { cutOf, inPhase, lastLine } from '../support/drain-log.ts'
import { HttpLoad } from '../support/http-load.ts'
import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { connectTo, headerOf, rawRequest, sizedRequest } from '../support/raw.ts'
import { startNginx } from '../support/reverse-proxies.ts'
import { scrape } from '../support/scrape.ts'
import { without } from '../support/tools.ts'
import { pause, until, within } from '../support/wait.ts'

/** Starts an origin and ends its life as far as the notice, which goes on until a second signal. */
async function startInNotice(t: TestContext): Promise<TestOrigin> {
  const origin = await startOrigin(t, {
    'drain.quiet': '60s',
    'drain.notice': '60s',
    'drain.deadline': '60s',
  })
  await beginDrain(origin)
  return origin
}

/** Has the origin drain; resolves when its worker does, which hears of it later than the primary's log says it. */
async function beginDrain(origin: TestOrigin): Promise<void> {
  origin.signal('SIGTERM')
  await origin.waitForLog(inPhase('notice'))
  await until('the worker drains', async () => {
    return (await ask(origin.url, '/')).headers['connection'] === 'close'
  })
}

interface Case {
  readonly line: string
  readonly body?: string
  readonly status: number
}

const answersAtOnce: readonly Case[] = [
  { line: 'GET /', status: 200 },
  { line: 'POST /', body: 'hello', status: 200 },
  { line: 'GET /no/such/path', status: 200 },
  { line: 'GET /bin/1K', status: 200 },
  { line: 'GET /bin/64K', status: 200 },
  { line: 'GET /bin/0', status: 200 },
  { line: 'GET /health', status: 503 },
  { line: 'GET /help', status: 200 },
  { line: 'GET /status/404', status: 404 },
  { line: 'GET /bin/1Q', status: 400 },
  { line: 'POST /upload', body: 'hello', status: 200 },
  { line: 'GET /delay/20', status: 200 },
  { line: 'GET /ws', status: 400 },
]

const answersWithoutBody: readonly Case[] = [
  { line: 'HEAD /', status: 200 },
  { line: 'HEAD /bin/1M', status: 200 },
  { line: 'GET /status/204', status: 204 },
  { line: 'GET /status/304', status: 304 },
]

const longAnswers: readonly Case[] = [
  { line: 'GET /bin/100K', status: 200 },
  { line: 'GET /bin/100K?chunked=true', status: 200 },
  { line: 'GET /chunked/3?delay=10ms', status: 200 },
  { line: 'GET /drip?bytes=3&duration=30ms', status: 200 },
  { line: 'GET /sse?count=2&interval=10ms', status: 200 },
  { line: 'GET /ndjson?count=2&interval=10ms', status: 200 },
]

suite('while draining', { concurrency: 2 }, () => {
  test('every answer says Connection: close, and the origin closes behind the short ones', async (t) => {
    const origin = await startInNotice(t)
    for (const { line, status, body = '' } of answersAtOnce) {
      const connection = connectTo(t, origin)
      connection.send(body === '' ? rawRequest(line) : sizedRequest(line, body))
      const answer = await connection.answer()
      assert.deepEqual([answer.status, headerOf(answer, 'connection')], [status, 'close'], line)
      assert.equal(await within('the end', connection.ended), 'FIN', line)
    }
    for (const { line, status, body = '' } of longAnswers) {
      const connection = connectTo(t, origin)
      connection.send(body === '' ? rawRequest(line) : sizedRequest(line, body))
      const answer = await connection.answer()
      assert.deepEqual([answer.status, headerOf(answer, 'connection')], [status, 'close'], line)
    }
    origin.signal('SIGTERM')
  })

  // The engine closes behind an answer only when it is given the body and the end in one call (docs/listeners.md,
  // the fast listener).
  test('answers without a body say Connection: close, and leave the closing to the client', async (t) => {
    const origin = await startInNotice(t)
    for (const { line, status } of answersWithoutBody) {
      const isHead = line.startsWith('HEAD')
      const connection = connectTo(t, origin)
      connection.send(rawRequest(line))
      const answer = await connection.answer({ isHead })
      assert.deepEqual([answer.status, headerOf(answer, 'connection')], [status, 'close'], line)
      connection.send(rawRequest(line))
      assert.equal(
        (await connection.answer({ isHead })).status,
        status,
        'a client that goes on is answered',
      )
      connection.leave()
    }
    origin.signal('SIGTERM')
  })
})

suite('what the drain must not lose', { concurrency: 2 }, () => {
  test(
    'an upload to an endpoint that does not read it is answered, behind nginx',
    {
      skip: without('nginx'),
    },
    async (t) => {
      const origin = await startInNotice(t)
      const nginx = await startNginx(t, {
        origins: [origin.ports.http],
        lines: 'proxy_next_upstream off;',
      })
      const statuses = []
      for (let times = 0; times < 10; times++) {
        const { status } = await ask(nginx.port, '/bin/1K', {
          method: 'POST',
          body: 'x'.repeat(10_000_000),
        })
        statuses.push(status)
      }
      await nginx.end()
      origin.signal('SIGTERM')
      assert.deepEqual(statuses, Array<number>(10).fill(200))
    },
  )

  test('exchanges that run at the signal are finished', async (t) => {
    const origin = await startOrigin(t, { 'drain.deadline': '20s' })
    const waiting = connectTo(t, origin)
    waiting.send(rawRequest('GET /delay/1500'))
    const dripping = connectTo(t, origin)
    dripping.send(rawRequest('GET /drip?bytes=20&duration=1500ms'))
    const uploading = connectTo(t, origin)
    uploading.send(rawRequest('POST /upload', { headers: ['Content-Length: 200000'] }))
    uploading.send('x'.repeat(100_000))
    // Larger than what the kernel buffers for both ends, and nobody reads before the drain finishes.
    const downloads = ['/bin/16M', '/bin/16M?chunked=true', '/bin/16M?seed=7'].map((target) => {
      const connection = connectTo(t, origin)
      connection.socket.pause()
      connection.send(rawRequest(`GET ${target}`))
      return connection
    })
    await until('all are under way', async () => (await scrape(origin)).activeRequests === 6)
    origin.signal('SIGTERM')
    await origin.waitForLog(inPhase('finishing'))
    for (const { socket } of downloads) socket.resume()
    uploading.send('x'.repeat(100_000))

    for (const download of downloads)
      assert.equal((await download.answer()).body.length, 16 * 2 ** 20)
    assert.equal((await waiting.answer()).status, 200)
    assert.equal((await dripping.answer()).body.length, 20)
    assert.equal(jsonOf(await uploading.answer())['bytes_received'], 200_000)
    assert.equal(await within('the end', origin.exited), 0)
    assert.equal((await cutOf(origin)).exchanges, 0)
  })

  test('an answer that its client is still reading is finished, however short the notice', async (t) => {
    const origin = await startOrigin(t, { 'echo.bodyLimit': '64M', 'drain.deadline': '20s' })
    const client = connectTo(t, origin)
    const body = 'x'.repeat(24 * 2 ** 20)
    client.send(sizedRequest('POST /', body))
    client.socket.once('data', () => client.socket.pause())
    await until('the answer has begun', () => client.waiting > 0)
    origin.signal('SIGTERM')
    await origin.waitForLog(inPhase('finishing'))
    // Past the notice, as a client on a slow line would be.
    await pause(500)
    client.socket.resume()
    assert.equal(jsonOf(await client.answer())['body_size'], body.length)
    assert.equal(await within('the end', origin.exited), 0)
    assert.equal((await cutOf(origin)).exchanges, 0)
  })

  test('a client that reads nothing is cut at drain.deadline, counted, and the exit code is 0', async (t) => {
    const origin = await startOrigin(t, { 'drain.deadline': '1s' })
    for (const target of ['/bin/10G', '/bin/10G?chunked=true', '/delay/60s']) {
      const connection = connectTo(t, origin)
      connection.socket.pause()
      connection.send(rawRequest(`GET ${target}`))
    }
    await until('all are under way', async () => (await scrape(origin)).activeRequests === 3)
    origin.signal('SIGTERM')
    assert.equal(await within('the end', origin.exited), 0)
    assert.deepEqual(await cutOf(origin), { connections: 3, exchanges: 3 })
    const { seconds } = await lastLine(origin)
    assert.ok(seconds >= 1, `cut after ${seconds} s already`)
  })
})

suite('WebSockets while draining', { concurrency: 2 }, () => {
  test('are closed with 1001 and a reason', async (t) => {
    const origin = await startOrigin(t, { 'drain.quiet': '300ms', 'drain.notice': '1s' })
    const url = origin.url.replace('http', 'ws')
    const sockets = ['/ws', '/ws/any/path', '/ws/push?count=0&interval=50ms', '/ws/close'].flatMap(
      (path) => Array.from({ length: 5 }, () => new WebSocket(`${url}${path}`)),
    )
    await Promise.all(sockets.map((socket) => once(socket, 'open')))
    const closes = sockets.map((socket) => once(socket, 'close'))
    origin.signal('SIGTERM')
    for (const [code, reason] of await within('all are closed', Promise.all(closes))) {
      assert.deepEqual([code, String(reason)], [1001, 'Server shutting down'])
    }
    assert.equal(await within('the end', origin.exited), 0)
    assert.deepEqual(await cutOf(origin), { connections: 0, exchanges: 0 })
  })

  test('are accepted until the ports close, and then closed with a reason', async (t) => {
    const origin = await startOrigin(t, {
      'drain.quiet': '3s',
      'drain.notice': '60s',
      'drain.deadline': '90s',
    })
    // New connections keep the ports open for as long as the message takes, however busy the machine is.
    const arrivals = new HttpLoad({
      port: origin.ports.http,
      target: '/',
      connections: 1,
      thinkMs: 50,
      isChurning: true,
      isRight: ({ status }) => status === 200,
    })
    await beginDrain(origin)
    const socket = new WebSocket(`${origin.url.replace('http', 'ws')}/ws`)
    const closed = once(socket, 'close')
    await within('the handshake', once(socket, 'open'))
    socket.send('still here')
    const [message] = (await within('the echo', once(socket, 'message'))) as [Buffer]
    assert.equal(message.toString(), 'still here')
    await arrivals.stop()
    const [code, reason] = await within('it is told', closed)
    assert.deepEqual([code, String(reason)], [1001, 'Server shutting down'])
    await within('the ports close', origin.waitForLog(inPhase('finishing')))
    assert.equal(await origin.exited, 0)
    assert.deepEqual(await cutOf(origin), { connections: 0, exchanges: 0 })
  })
})
