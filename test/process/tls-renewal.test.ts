// Certificate files change while the origin serves: new connections get the new certificate, and no
// connection, new or old, is lost by it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, suite, test } from 'node:test'
import type { TLSSocket } from 'node:tls'

import { WebSocket } from 'ws'

import { HttpLoad } from '../support/http-load.ts'
import { startOrigin } from '../support/origin.ts'
import {
  allShown,
  handshake,
  issue,
  mountPair,
  mounted,
  portOf,
  renewed,
  settingsFor,
  shownName,
} from '../support/tls-files.ts'
import { until, within } from '../support/wait.ts'

/** A WebSocket over TLS, and the echo of what is said on it. */
async function openEcho(t: TestContext, port: number): Promise<(text: string) => Promise<string>> {
  const socket = new WebSocket(`wss://127.0.0.1:${port}/ws`, { rejectUnauthorized: false })
  t.after(() => socket.terminate())
  await within('a WebSocket', once(socket, 'open'))
  return async (text) => {
    const echo = once(socket, 'message')
    socket.send(text)
    const [bytes] = (await within(`the echo of ${text}`, echo)) as [Buffer]
    return bytes.toString()
  }
}

/** A download that takes `durationMs`; resolves to its bytes without the head. */
async function download(port: number, bytes: number, durationMs: number): Promise<number> {
  const socket = await handshake(port)
  let read = Buffer.alloc(0)
  socket.on('data', (piece: Buffer) => {
    read = Buffer.concat([read, piece])
  })
  socket.write(
    `GET /drip?bytes=${bytes}&duration=${durationMs}ms HTTP/1.1\r\nHost: origin\r\nConnection: close\r\n\r\n`,
  )
  await within('the end of a download', once(socket, 'close'), { ms: durationMs + 15_000 })
  return read.length - (read.indexOf('\r\n\r\n') + 4)
}

const isRight = ({ body }: { readonly body: Buffer }): boolean => body.length === 1024

async function renewalsUnderLoad(t: TestContext, listener: 'https' | 'wireTls'): Promise<void> {
  const directory = await mounted(t, 'first.example')
  // Without the other TLS ports, so that none is renewed by another's renewal.
  const alone = { 'tcp.tlsEchoPort': 'none', 'grpc.tlsPort': 'none' }
  const origin = await startOrigin(t, { ...settingsFor(directory), ...alone, workers: 2 })
  const port = portOf(origin, listener)
  const load = { port, isTls: true, target: '/bin/1K', thinkMs: 2 }
  const kept = new HttpLoad({ ...load, isRight, connections: 4 })
  const churning = new HttpLoad({ ...load, isRight, connections: 4, isChurning: true })
  const say = await openEcho(t, port)
  const slow = download(port, 300_000, 4000)
  for (const name of ['second.example', 'third.example', 'fourth.example']) {
    mountPair(directory, await issue(name))
    await origin.waitForLog(renewed(name))
    await allShown(port, name)
    assert.equal(await say(`after ${name}`), `after ${name}`)
  }
  const [keptBefore, churningBefore] = [kept.answered, churning.answered]
  await until('answers after the last renewal', () => {
    return kept.answered > keptBefore + 4 && churning.answered > churningBefore + 4
  })
  assert.equal(await slow, 300_000)
  await Promise.all([kept.stop(), churning.stop()])
  assert.deepEqual([...kept.losses, ...churning.losses], [])
  assert.equal(kept.connections, 4, 'keep-alive connections live through it')
}

suite('renewal', () => {
  for (const listener of ['https', 'wireTls'] as const) {
    test(`${listener}: requests, a download, a WebSocket and new connections go on over three renewals`, (t) =>
      renewalsUnderLoad(t, listener))
  }

  test('a TCP connection over TLS goes on, and the next is shown the new certificate', async (t) => {
    const directory = await mounted(t, 'first.example')
    const origin = await startOrigin(t, settingsFor(directory))
    const port = portOf(origin, 'tcpTlsEcho')
    const socket = await handshake(port, { ALPNProtocols: [] })
    t.after(() => socket.destroy())
    mountPair(directory, await issue('second.example'))
    await origin.waitForLog(renewed('second.example'))
    await allShown(port, 'second.example')
    socket.write('still here')
    const [echo] = (await within('an echo', once(socket, 'data'))) as [Buffer]
    assert.equal(echo.toString(), 'still here')
  })

  test('gRPC over TLS shows the new certificate', async (t) => {
    const directory = await mounted(t, 'first.example')
    const origin = await startOrigin(t, settingsFor(directory))
    const port = portOf(origin, 'grpcTls')
    const shown = { ALPNProtocols: ['h2'] }
    assert.equal(await shownName(port, shown), 'first.example')
    mountPair(directory, await issue('second.example'))
    await origin.waitForLog(renewed('second.example'))
    await until('the new certificate', async () => {
      return (await shownName(port, shown)) === 'second.example'
    })
  })

  test('connections of more certificates than are kept are cut, the oldest first, and the origin ends well', async (t) => {
    const directory = await mounted(t, '0.example')
    const origin = await startOrigin(t, settingsFor(directory))
    const port = portOf(origin, 'https')
    const sockets: TLSSocket[] = []
    for (let count = 1; count <= 6; count++) {
      const socket = await handshake(port)
      socket.on('error', () => {})
      sockets.push(socket)
      mountPair(directory, await issue(`${count}.example`))
      await origin.waitForLog(renewed(`${count}.example`))
      await allShown(port, `${count}.example`)
    }
    await until('the oldest two are gone', () => sockets.slice(0, 2).every(({ closed }) => closed))
    assert.deepEqual(
      sockets.slice(2).map(({ closed }) => closed),
      [false, false, false, false],
    )
  })
})
