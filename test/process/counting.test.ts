// What the origin counts is what its clients did, whatever the port, and whichever worker answered.
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { Client, Metadata, credentials } from '@grpc/grpc-js'
import { WebSocket } from 'ws'

import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { createDirectory } from '../support/programs.ts'
import { scrape } from '../support/scrape.ts'
import { until, within } from '../support/wait.ts'

/** One thing a client can do, and the series it is counted in. */
interface Deed {
  readonly listener: string
  readonly route: string
  readonly method: string
  readonly status: number
  readonly act: () => Promise<void>
}

/** What is asked of a port: `GET /bin/64`, the status it must answer with, and the row that answers. */
type Asked = readonly [request: string, status: number, route: string]

function opened(port: number | undefined): number {
  if (port === undefined) throw new Error('the port is not open')
  return port
}

/** A request over HTTP/1.1, kept alive, that must be answered with `status`. */
function http1(
  { port, tls }: { readonly port: number; readonly tls: boolean },
  asked: { readonly method: string; readonly path: string; readonly status: number },
): () => Promise<void> {
  const options = { keepAlive: true, maxSockets: 4, rejectUnauthorized: false }
  const agent = tls ? new HttpsAgent(options) : new HttpAgent(options)
  const { method, path, status } = asked
  return async () => {
    const send = tls ? httpsRequest : httpRequest
    const outgoing = send({ host: '127.0.0.1', port, method, path, agent })
    outgoing.end(method === 'POST' ? 'body' : undefined)
    const [answer] = await once(outgoing, 'response')
    answer.resume()
    await once(answer, 'end')
    assert.equal(answer.statusCode, status)
  }
}

/** A request over HTTP/2, on a connection of its own. */
function http2(url: string, path: string, status: number): () => Promise<void> {
  return async () => {
    const session = connectHttp2(url, { rejectUnauthorized: false })
    const stream = session.request({ ':path': path })
    const [head] = await once(stream, 'response')
    assert.equal(head[':status'], status)
    stream.resume()
    await once(stream, 'close')
    session.close()
  }
}

function webSocket(url: string): () => Promise<void> {
  return async () => {
    const socket = new WebSocket(url, { rejectUnauthorized: false })
    await once(socket, 'open')
    socket.close()
    await once(socket, 'close')
  }
}

function health(t: TestContext, port: number, tls: boolean): () => Promise<void> {
  // The certificate is one the origin made for itself.
  const trust = tls
    ? credentials.createSsl(null, null, null, { rejectUnauthorized: false })
    : credentials.createInsecure()
  const client = new Client(`127.0.0.1:${port}`, trust, { 'grpc.use_local_subchannel_pool': 1 })
  t.after(() => client.close())
  return () =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        '/grpc.health.v1.Health/Check',
        () => Buffer.alloc(0),
        (bytes: Buffer) => bytes,
        Buffer.alloc(0),
        new Metadata(),
        {},
        (error) => (error === null ? resolve() : reject(error)),
      )
    })
}

/** A TCP connection that sends 4 bytes to an echo and takes them back. */
async function echo(port: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.end('ping')
  let text = ''
  for await (const piece of socket) text += String(piece)
  assert.equal(text, 'ping')
}

async function datagram(port: number): Promise<void> {
  const socket = createSocket('udp4')
  const answered = once(socket, 'message')
  socket.send('ping', port, '127.0.0.1')
  await within('a datagram back', answered)
  socket.close()
}

function deedsOf({ ports }: TestOrigin): readonly Deed[] {
  const [https, wireTls] = [opened(ports.https), opened(ports.wireTls)]
  const fast = { port: ports.http, tls: false }
  const fastTls = { port: https, tls: true }
  const wire = { port: ports.wire, tls: false }
  const wireOverTls = { port: wireTls, tls: true }
  const h2 = `http://127.0.0.1:${ports.wire}`
  const h2Tls = `https://127.0.0.1:${wireTls}`
  const row = (
    [listener, method, route, status]: readonly [string, string, string, number],
    act: Deed['act'],
  ): Deed => ({ listener, method, route, status, act })
  const asked = (listener: string, at: typeof fast): ((...what: Asked) => Deed) => {
    return (request, status, route) => {
      const [method = '', path = ''] = request.split(' ')
      return row([listener, method, route, status], http1(at, { method, path, status }))
    }
  }
  // Each port is asked for what its twin is not, so that a count in the wrong series shows.
  const [inClear, overTls] = [
    (of: (...what: Asked) => Deed): readonly Deed[] => [
      of('GET /delay/1', 200, '/delay/{ms}/{readDelayMs?}'),
      of('POST /', 200, '/'),
      of('GET /bin/64', 200, '/bin/{size}'),
    ],
    (of: (...what: Asked) => Deed): readonly Deed[] => [
      of('GET /status/404', 404, '/status/{code}'),
      of('PUT /anything', 200, '/'),
      of('GET /bin/lots', 400, '/bin/{size}'),
    ],
  ]
  return [
    ...inClear(asked('fast', fast)),
    ...overTls(asked('fast', fastTls)),
    ...inClear(asked('wire', wire)),
    ...overTls(asked('wire', wireOverTls)),
    row(['wire', 'GET', '/status/{code}', 201], http2(h2, '/status/201', 201)),
    row(['wire', 'GET', '/status/{code}', 202], http2(h2Tls, '/status/202', 202)),
    row(['fast', 'GET', '/ws/{anything?}', 101], webSocket(`ws://127.0.0.1:${ports.http}/ws`)),
    row(['fast', 'GET', '/ws/close/{code?}', 101], webSocket(`wss://127.0.0.1:${https}/ws/close`)),
    row(['wire', 'GET', '/ws/{anything?}', 101], webSocket(`ws://127.0.0.1:${ports.wire}/ws`)),
    row(
      ['wire', 'GET', '/ws/close/{code?}', 101],
      webSocket(`wss://127.0.0.1:${wireTls}/ws/close`),
    ),
  ]
}

test('counters say what clients did on all ports at once, through new workers', async (t) => {
  const directory = createDirectory(t)
  const settings = (bufferSize: string): void =>
    writeFileSync(join(directory, 'app.yaml'), `buffer.size: ${bufferSize}\n`)
  settings('64K')
  const origin = await startOrigin(t, {
    config: directory,
    'tls.selfSigned': true,
    'https.port': 0,
    'wire.tlsPort': 0,
    'grpc.tlsPort': 0,
    'tcp.tlsEchoPort': 'none',
    workers: 2,
  })
  const { ports } = origin
  const deeds = deedsOf(origin)
  const grpc = [health(t, ports.grpc, false), health(t, opened(ports.grpcTls), true)]
  const rounds = 12
  const round = async (): Promise<void> => {
    const acts = [
      ...deeds.map(({ act }) => act()),
      ...grpc.map((act) => act()),
      echo(ports.tcpEcho),
      datagram(ports.udpEcho),
    ]
    await Promise.all(acts)
  }
  for (let done = 0; done < rounds / 2; done++) await round()
  settings('128K')
  await origin.waitForLog(({ msg }) => msg === 'settings applied')
  for (let done = 0; done < rounds / 2; done++) await round()

  await until('all exchanges over', async () => (await scrape(origin)).activeRequests === 0)
  const numbers = await scrape(origin)
  const name = 'http_server_request_duration_seconds_count'
  for (const { listener, method, route, status } of deeds) {
    const labels = {
      listener,
      http_request_method: method,
      http_route: route,
      http_response_status_code: String(status),
    }
    assert.equal(numbers.value(name, labels), rounds, JSON.stringify(labels))
  }
  assert.equal(numbers.value(name), rounds * deeds.length)
  assert.equal(numbers.value('rpc_server_call_duration_seconds_count'), rounds * grpc.length)
  assert.equal(numbers.value('hpdummy_datagrams_total', { direction: 'in' }), rounds)
  assert.equal(numbers.value('hpdummy_connections_opened_total', { listener: 'tcp' }), rounds)
  const wrong = rounds * deeds.filter(({ status }) => status >= 400).length
  const total = rounds * (deeds.length + grpc.length)
  const stats = async (): Promise<Readonly<Record<string, unknown>>> => {
    const answer = await fetch(`http://127.0.0.1:${ports.admin}/api/v1/stats`)
    return (await answer.json()) as Readonly<Record<string, unknown>>
  }
  // They are taken once a second.
  await until('all in the statistics', async () => (await stats())['completed_requests'] === total)
  const { error_count: errors, success_count: successes } = await stats()
  assert.deepEqual([errors, successes], [wrong, total - wrong])
  origin.signal('SIGTERM')
  const last = await origin.waitForLog(({ msg }) => msg === 'final statistics')
  assert.deepEqual([last['total_requests'], last['error_count']], [total, wrong])
})
