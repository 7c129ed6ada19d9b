// What happens when clients' bytes use up limits.buffered: the largest holders are refused in the words of their
// protocol, or cut, and everybody else is served.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2'
import { connect } from 'node:net'
import { type TestContext, suite, test } from 'node:test'

import { grpcStatuses } from '../../app/errors.ts'
import { ask, jsonOf } from '../support/ask.ts'
import { beginRaw, emptyMessage } from '../support/grpc-raw.ts'
import { post, preface } from '../support/http2-bytes.ts'
import { RawConnection } from '../support/raw.ts'
import { scrape } from '../support/scrape.ts'
import { useOrigin } from '../support/shared-origin.ts'
import { until, within } from '../support/wait.ts'
import { GrpcClient } from './grpc-client.ts'
import { openHttp2 } from './wire-http2-client.ts'
import { frameBytes, openRawWs } from './ws-client.ts'

const mib = 2 ** 20
const limitBytes = 4 * mib

const origin = useOrigin({ 'limits.buffered': '4M' })

const urls = {
  fast: (): string => origin().url,
  wire: (): string => `http://127.0.0.1:${origin().ports.wire}`,
} as const

async function refusedOn(listener: string): Promise<number> {
  return (await scrape(origin())).value('hpdummy_buffered_refused_total', { listener }) ?? 0
}

async function heldBytes(): Promise<number> {
  return (await scrape(origin())).value('hpdummy_buffered_bytes') ?? Number.NaN
}

function nothingHeld(): Promise<number> {
  return until('nothing is held any more', heldBytes, { holds: (bytes) => bytes === 0 })
}

/** A POST of 1 MiB to the echo that lacks its last byte. */
async function beginPost(t: TestContext, url: string): Promise<RawConnection> {
  const connection = await RawConnection.open(url)
  t.after(() => connection.socket.destroy())
  connection.send(`POST / HTTP/1.1\r\nHost: origin\r\nContent-Length: ${mib}\r\n\r\n`)
  connection.send(Buffer.alloc(mib - 1, 'x'))
  return connection
}

/** Sends a piece so many times and never reads. */
async function pour(
  t: TestContext,
  port: number,
  [piece, times]: readonly [piece: Buffer, times: number],
): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  t.after(() => socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.pause()
  for (let sent = 0; sent < times && !socket.destroyed; sent++) socket.write(piece)
}

for (const listener of ['fast', 'wire'] as const) {
  suite(`limits.buffered on the ${listener} listener`, () => {
    test('unfinished bodies past it are 503, and a small request beside them is served', async (t) => {
      const url = urls[listener]()
      const before = await refusedOn(listener)
      const clients = []
      for (let count = 0; count < 8; count++) clients.push(await beginPost(t, url))
      await until('refusals', () => refusedOn(listener), { holds: (count) => count >= before + 4 })
      assert.ok((await heldBytes()) <= limitBytes)
      const answers = clients.map(async (client) => {
        const answer = await client.answer()
        return { status: answer.status, body: jsonOf(answer) }
      })
      const [first] = await Promise.all([
        within('a refusal', Promise.any(answers)),
        ask(url, '/', { method: 'POST', body: 'small' }).then(({ status }) =>
          assert.equal(status, 200),
        ),
      ])
      assert.deepEqual([first.status, first.body['code']], [503, 'SERVICE_OVERLOADED'])
      assert.match(String(first.body['error']), /limits\.buffered/)
      for (const client of clients) client.socket.destroy()
      for (const answer of answers) answer.catch(() => {})
      await nothingHeld()
    })

    test('clients whose bodies are whole and wait for an answer are 503, too', async (t) => {
      const clients = []
      for (let count = 0; count < 8; count++) {
        const connection = await RawConnection.open(urls[listener]())
        t.after(() => connection.socket.resetAndDestroy())
        connection.send(
          `POST /delay/600000 HTTP/1.1\r\nHost: origin\r\nContent-Length: ${mib}\r\n\r\n`,
        )
        connection.send(Buffer.alloc(mib, 'w'))
        clients.push(connection)
      }
      const answers = clients.map(async (client) => (await client.answer()).status)
      assert.equal(await within('a refusal', Promise.any(answers)), 503)
      for (const client of clients) client.socket.resetAndDestroy()
      for (const answer of answers) answer.catch(() => {})
      await nothingHeld()
    })

    test('a message of a WebSocket that answers and reads is echoed beside them', async () => {
      const socket = await openRawWs(urls[listener](), '/ws')
      const payload = Buffer.alloc(mib, 'm')
      socket.send(frameBytes({ opcode: 2, payload }))
      await until('the echo', () => socket.waiting, { holds: (bytes) => bytes >= mib })
      socket.socket.destroy()
      await nothingHeld()
    })

    test('WebSockets that send and never read are cut', async (t) => {
      const before = await refusedOn(listener)
      for (let count = 0; count < 8; count++) {
        const socket = await openRawWs(urls[listener](), '/ws')
        t.after(() => socket.socket.destroy())
        socket.socket.pause()
        const frame = frameBytes({ opcode: 2, payload: Buffer.alloc(mib, 'w') })
        for (let sent = 0; sent < 16; sent++) socket.socket.write(frame)
      }
      await until('a cut', () => refusedOn(listener), { holds: (count) => count > before })
      assert.equal((await ask(urls[listener](), '/bin/1K')).status, 200)
    })
  })
}

suite('limits.buffered on the wire listener alone', () => {
  test('unfinished messages of WebSockets past it are closed with 1013', async (t) => {
    const before = await refusedOn('wire')
    const sockets = []
    for (let count = 0; count < 3; count++) {
      const socket = await openRawWs(urls.wire(), '/ws')
      t.after(() => socket.socket.destroy())
      const frame = frameBytes({ opcode: 2, payload: Buffer.alloc(3 * mib, 'p') })
      socket.send(frame.subarray(0, -1))
      sockets.push(socket)
    }
    await until('a refusal', () => refusedOn('wire'), { holds: (count) => count > before })
    const closed = await within('a close frame', Promise.any(sockets.map((one) => one.closed)))
    assert.deepEqual([closed[0], closed.readUInt16BE(2)], [0x88, 1013])
  })

  test('clients that pipeline and read nothing are held or cut, and others are served', async (t) => {
    const requests = Buffer.from(
      'GET /bin/64K?chunked=true HTTP/1.1\r\nHost: origin\r\n\r\n'.repeat(2000),
    )
    for (let count = 0; count < 20; count++) {
      await pour(t, origin().ports.wire, [requests, 1])
    }
    assert.equal((await ask(urls.wire(), '/bin/1K')).status, 200)
    assert.ok((await heldBytes()) <= limitBytes)
    assert.equal((await ask(urls.fast(), '/bin/1K')).status, 200)
  })
})

// A gRPC message: UnaryRequest{manner: {delay_ms: 60,000}}
const sleeping = Buffer.from('000000000b12090900000000004ced40', 'hex')

suite('limits.buffered on the other listeners', () => {
  for (const [what, path, isAnswered] of [
    ['half-sent gRPC messages', '/echo.EchoService/Echo', false],
    ['half-sent gRPC messages behind an answer', '/hpdummy.v1.Origin/BidiStream', true],
  ] as const) {
    test(`${what} past it are RESOURCE_EXHAUSTED, and each client is told`, async (t) => {
      const before = await refusedOn('grpc')
      const told: number[] = []
      const sessions: ClientHttp2Session[] = []
      for (let count = 0; count < 4; count++) {
        const session = await openHttp2(`http://127.0.0.1:${origin().ports.grpc}`)
        t.after(() => session.destroy())
        sessions.push(session)
        const stream = beginRaw({ session }, path)
        stream.on('error', () => {}).resume()
        for (const event of ['response', 'trailers'] as const) {
          stream.on(event, ({ 'grpc-status': status }: IncomingHttpHeaders) => {
            if (status !== undefined) told.push(Number(status))
          })
        }
        if (isAnswered) {
          const answer = once(stream, 'response')
          stream.write(emptyMessage)
          await within('the head of its answers', answer)
        }
        // A message of 3 MiB, by its head, which lacks its last byte.
        const head = Buffer.from([0, 0, 0x30, 0, 0])
        stream.write(Buffer.concat([head, Buffer.alloc(3 * mib - 1)]))
      }
      await until('a refusal', () => refusedOn('grpc'), { holds: (count) => count > before })
      const areAllTold = async (): Promise<boolean> =>
        told.length >= (await refusedOn('grpc')) - before
      await until('each refused client is told', areAllTold)
      assert.deepEqual(new Set(told), new Set([grpcStatuses.RESOURCE_EXHAUSTED]))
      for (const session of sessions) session.destroy()
      await nothingHeld()
      const other = new GrpcClient(t, origin().ports.grpc)
      const { status: served } = await other.ask('/grpc.testing.TestService/EmptyCall', {})
      assert.equal(served.code, grpcStatuses.OK)
    })
  }

  // Each of its streams comes in one piece: Node aborts when a connection is destroyed while it reads from it.
  for (const [listener, path, each] of [
    ['grpc', '/hpdummy.v1.Origin/Unary', 100],
    ['wire', '/delay/60000', 120],
  ] as const) {
    test(`connections of HTTP/2 on ${listener} with too many streams are cut, and nothing else`, async (t) => {
      const before = await refusedOn(listener)
      const headers = { ':path': path, 'content-type': 'application/grpc', te: 'trailers' }
      const streams = Array.from({ length: each }, (_, place) =>
        post(place, headers, { body: sleeping, isEnded: true }),
      )
      const bytes = Buffer.concat([preface(), ...streams])
      for (let count = 0; count < 20; count++) await pour(t, origin().ports[listener], [bytes, 1])
      await until('a cut', () => refusedOn(listener), { holds: (count) => count > before })
      assert.equal((await ask(urls.fast(), '/bin/1K')).status, 200)
    })
  }

  test('TCP echo clients that send and never read are held back or cut', async (t) => {
    for (let count = 0; count < 40; count++) {
      await pour(t, origin().ports.tcpEcho, [Buffer.alloc(mib, 't'), 8])
    }
    assert.equal((await ask(urls.fast(), '/bin/1K')).status, 200)
    assert.ok((await heldBytes()) <= limitBytes)
  })
})

test('refusals are counted in the statistics and logged once', async () => {
  const page = async (): Promise<Readonly<Record<string, number>>> => {
    const answer = await fetch(`http://127.0.0.1:${origin().ports.admin}/api/v1/stats`)
    return (await answer.json()) as Readonly<Record<string, number>>
  }
  await until('rejected_count', page, { holds: (stats) => (stats['rejected_count'] ?? 0) > 8 })
  assert.equal((await page())['buffered_limit_bytes'], limitBytes)
  const line = await within(
    'a line in the log',
    origin().waitForLog(({ msg }) => msg?.startsWith('clients are refused or cut') ?? false),
  )
  assert.ok(Number((line['refused'] as Record<string, number>)['fast']) > 0)
})
