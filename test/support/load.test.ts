import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type RequestListener, createServer } from 'node:http'
import { type AddressInfo, type Socket, createServer as createTcpServer } from 'node:net'
import { type TestContext, suite, test } from 'node:test'

import { WebSocketServer } from 'ws'

import { HttpLoad, type HttpLoadOptions } from './http-load.ts'
import { Load, Refusal } from './load.ts'
import { freePort } from './ports.ts'
import { pause, until } from './wait.ts'
import { WsLoad } from './ws-load.ts'

async function serve(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close().closeAllConnections())
  return (server.address() as AddressInfo).port
}

/** A server that does with each connection's requests, as they come, what `answer` says. */
async function serveTcp(
  t: TestContext,
  answer: (socket: Socket, request: number) => void,
): Promise<number> {
  const server = createTcpServer((socket) => {
    let requests = 0
    socket.on('error', () => {})
    socket.on('data', () => answer(socket, ++requests))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

/** Loads a port with one client until it has lost something; how it lost it. */
async function lossAt(port: number, options: Partial<HttpLoadOptions> = {}): Promise<string> {
  const load = new HttpLoad({
    port,
    target: '/',
    connections: 1,
    thinkMs: 0,
    isRight: ({ body }) => body.toString() === 'ok',
    ...options,
  })
  await until('a loss', () => load.losses.length > 0)
  await load.stop()
  const [first] = load.losses
  assert.equal(
    load.counts[first?.kind ?? ''],
    load.losses.filter(({ kind }) => kind === first?.kind).length,
  )
  return `${first?.kind} on request ${first?.requestOnConnection}`
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

suite('a load', () => {
  test('asks in closed loops, and tells answers, refusals, losses and silence apart', async () => {
    let [asked, under, most, ended] = [0, 0, 0, 0]
    const load = new Load(
      () => ({
        async ask() {
          most = Math.max(most, ++under)
          await new Promise((resolve) => setImmediate(resolve))
          under--
          const kind = asked++ % 4
          if (kind === 1) throw new Refusal('no room')
          if (kind === 2) throw new Error('lost')
          return kind === 0
        },
        end: () => ended++,
      }),
      { connections: 3, thinkMs: 0 },
    )
    await until('some answers', () => load.answered > 5)
    await load.stop()
    assert.equal(most, 3)
    assert.equal(ended, 3)
    assert.equal(load.ms.length, load.answered)
    const { answered, refused, losses } = load
    assert.ok(refused > 0 && String(losses[0]) === 'Error: lost')
    assert.equal(answered + refused + losses.length, asked - Math.floor(asked / 4))
    const before = asked
    await pause(30)
    assert.equal(asked, before, 'asked after its end')
  })
})

suite('an HTTP load', () => {
  test('keeps connections, or opens one for each request', async (t) => {
    const closes = new Set<string | undefined>()
    const port = await serve(t, ({ headers }, response) => {
      closes.add(headers.connection)
      response.end('ok')
    })
    const options = {
      port,
      target: '/',
      connections: 2,
      thinkMs: 0,
      isRight: ({ body }: { readonly body: Buffer }) => body.toString() === 'ok',
    }
    const kept = new HttpLoad(options)
    await until('answers', () => kept.answered > 20)
    await kept.stop()
    assert.deepEqual([kept.connections, kept.closedByHeader, kept.losses], [2, 0, []])
    assert.deepEqual([...closes], [undefined])
    assert.ok(kept.bytesRead > 20 * ok.length)
    const churning = new HttpLoad({ ...options, isChurning: true })
    await until('answers', () => churning.answered > 20)
    await churning.stop()
    assert.equal(churning.connections, churning.answered)
    assert.equal(churning.closedByHeader, churning.answered)
    assert.deepEqual([...closes], [undefined, 'close'])
  })

  test('comes back after Connection: close and after the end of an idle connection', async (t) => {
    const port = await serveTcp(t, (socket, request) => {
      if (request === 1) socket.write(ok)
      else if (request === 2) socket.end(ok.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
    })
    const load = new HttpLoad({
      port,
      target: '/',
      connections: 1,
      thinkMs: 0,
      isRight: ({ status }) => status === 200,
    })
    await until('five connections', () => load.connections >= 5)
    await load.stop()
    assert.ok(load.closedByHeader >= 4)
    assert.deepEqual(load.losses, [])
    const idle = await serveTcp(t, (socket) => socket.end(ok))
    const rested = new HttpLoad({
      port: idle,
      target: '/',
      connections: 1,
      thinkMs: 30,
      isRight: ({ status }) => status === 200,
    })
    await until('five connections', () => rested.connections >= 5)
    await rested.stop()
    assert.deepEqual([rested.closedByHeader, rested.losses], [0, []])
    assert.ok((rested.counts['closedWhileIdle'] ?? 0) >= 4)
  })

  test('tells how a request was lost', async (t) => {
    assert.equal(await lossAt(await freePort()), 'refused on request 1')
    const onSecond = (act: (socket: Socket) => void): Promise<number> =>
      serveTcp(t, (socket, request) => (request === 1 ? socket.write(ok) : act(socket)))
    const onFirst = (act: (socket: Socket) => void): Promise<number> => serveTcp(t, act)
    for (const [act, kind] of [
      [(socket: Socket) => void socket.resetAndDestroy(), 'reset'],
      [(socket: Socket) => void socket.end(), 'unanswered'],
    ] as const) {
      assert.equal(await lossAt(await onFirst(act)), `${kind}New on request 1`)
      assert.equal(await lossAt(await onSecond(act)), `${kind}Reused on request 2`)
    }
    const half = await onFirst((socket) => socket.end(ok.slice(0, -1)))
    assert.equal(await lossAt(half), 'short on request 1')
    const other = await onFirst((socket) => socket.write(ok.replace('ok', 'ko')))
    assert.equal(await lossAt(other), 'wrong on request 1')
    const garbage = await onFirst((socket) => socket.write('HTTP/1.1 OK\r\n\r\n'))
    assert.equal(await lossAt(garbage), 'wrong on request 1')
    const silent = await onFirst(() => {})
    assert.equal(await lossAt(silent, { patienceMs: 50 }), 'unansweredNew on request 1')
  })

  test('takes an answer that nobody asked for as wrong', async (t) => {
    const twice = await serveTcp(t, (socket) => socket.write(ok + ok))
    assert.equal(await lossAt(twice, { thinkMs: 5 }), 'wrong on request 1')
  })

  test('counts an honest refusal as no loss', async (t) => {
    const port = await serve(t, (_request, response) => response.writeHead(503).end())
    const load = new HttpLoad({
      port,
      target: '/',
      connections: 1,
      thinkMs: 0,
      isRight: ({ status }) => status === 200,
      isRefusal: ({ status }) => status === 503,
    })
    await until('refusals', () => load.refused > 2)
    await load.stop()
    assert.deepEqual([load.answered, load.losses], [0, []])
  })

  test('reads no faster than it is told to', async (t) => {
    const port = await serve(t, (_request, response) => response.end(Buffer.alloc(2 ** 20)))
    const load = new HttpLoad({
      port,
      target: '/',
      connections: 1,
      thinkMs: 0,
      bytesPerSecond: 4 * 2 ** 20,
      isRight: ({ body }) => body.length === 2 ** 20,
    })
    await until('an answer', () => load.answered > 0)
    await load.stop()
    const [ms = 0] = load.ms
    // The last piece is not waited for.
    assert.ok(ms > 150, `${ms} ms for a quarter of a second of bytes`)
  })
})

/** A WebSocket server that answers each message with a text, a close, or not at all. */
async function serveWs(
  t: TestContext,
  answer: (said: string, count: number) => string | number | undefined,
): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  t.after(() => server.close())
  server.on('connection', (socket) => {
    let count = 0
    socket.on('message', (data: Buffer) => {
      const reply = answer(data.toString(), ++count)
      if (typeof reply === 'number') socket.close(reply)
      else if (reply !== undefined) socket.send(reply)
    })
  })
  return (server.address() as AddressInfo).port
}

suite('a WebSocket load', () => {
  test('says something, and comes back when it is told to go', async (t) => {
    const port = await serveWs(t, (said, count) => (count === 3 ? 1001 : said))
    const load = new WsLoad({ port, connections: 2, thinkMs: 0, bytes: 100 })
    await until('many are told', () => load.told >= 6)
    await load.stop()
    assert.deepEqual(load.losses, [])
    assert.equal(load.crossed, load.told)
    assert.ok(load.bytesRead >= 100 * load.answered && load.connections > 6)
  })

  test('loses what is closed otherwise, and what comes back changed', async (t) => {
    for (const [reply, why] of [
      [1000, /closed with 1000/],
      ['other', /^connection 1, message 1 came back as other$/],
    ] as const) {
      const port = await serveWs(t, () => reply)
      const load = new WsLoad({ port, connections: 1, thinkMs: 0 })
      await until('a loss', () => load.losses.length > 0)
      await load.stop()
      assert.match(load.losses[0]?.message ?? '', why)
    }
  })

  test('takes 1013 for a refusal', async (t) => {
    const port = await serveWs(t, () => 1013)
    const load = new WsLoad({ port, connections: 1, thinkMs: 0 })
    await until('a refusal', () => load.refused > 0)
    await load.stop()
    assert.deepEqual(load.losses, [])
  })
})
