import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, suite, test } from 'node:test'

import { WebSocket } from 'ws'

import { createDirectory } from '../support/directory.ts'
import type { LogLine, OpenPorts, TestOrigin } from '../support/origin.ts'
import { RawSocket } from '../support/raw-socket.ts'
import { type Scrape, adminStatus, scrape } from '../support/scrape.ts'
import { pause, until } from '../support/wait.ts'
import { disperse, gather } from './crowd.ts'
import { startWithFiles } from './few-files.ts'

// Below what a user may open who has raised nothing (1,024), with the clients' own files beside it.
const files = 400
const clients = 600

/** So many clients that do nothing; they go with the test. */
async function crowd(t: TestContext, port: number, count = clients): Promise<readonly Socket[]> {
  const sockets = await gather(port, { count })
  t.after(() => disperse(sockets))
  for (const socket of sockets) socket.resume()
  return sockets
}

async function statsOf({ ports }: TestOrigin): Promise<Readonly<Record<string, unknown>>> {
  const answer = await fetch(`http://127.0.0.1:${ports.admin}/api/v1/stats`)
  assert.equal(answer.status, 200)
  return (await answer.json()) as Record<string, unknown>
}

async function assertSeen(origin: TestOrigin): Promise<void> {
  for (const path of ['/livez', '/readyz', '/startupz', '/metrics', '/api/v1/stats']) {
    assert.equal(await adminStatus(origin, path), 200, path)
  }
}

/** In one step, as the kubelet does: a file that is half written would be half read. */
async function writeSettings(config: string, settings: object): Promise<void> {
  await writeFile(`${config}.new`, JSON.stringify(settings))
  await rename(`${config}.new`, config)
}

function isOfClosed({ msg }: LogLine): boolean {
  return msg?.startsWith('connections are closed') === true
}

function limitOf(scraped: Scrape): number {
  const limit = scraped.value('hpdummy_connections_limit')
  assert.ok(limit !== undefined && limit > 100 && limit < files, `the limit is ${limit}`)
  return limit
}

const labels = {
  http: 'fast',
  https: 'fast',
  wire: 'wire',
  wireTls: 'wire',
  grpc: 'grpc',
  grpcTls: 'grpc',
  tcpEcho: 'tcp',
  tcpTlsEcho: 'tcp',
} as const satisfies Partial<Record<keyof OpenPorts, string>>

suite('more clients than there are files', () => {
  for (const [name, listener] of Object.entries(labels) as [keyof typeof labels, string][]) {
    test(`on ${name}: those that fit are served, the others closed and counted, probes answered`, async (t) => {
      const origin = await startWithFiles(t, { files }, { 'tls.selfSigned': true })
      const limit = limitOf(await scrape(origin))
      const sockets = await crowd(t, origin.ports[name] ?? 0)
      await until('the rest is closed', () => countOpen(sockets) === limit, { ms: 60_000 })
      await until('all are counted', async () => {
        const scraped = await scrape(origin)
        const rejected = { listener, reason: 'limit' }
        return (
          scraped.value('hpdummy_connections', { listener, state: 'open' }) === limit &&
          scraped.value('hpdummy_connections_rejected_total', rejected) === clients - limit
        )
      })
      await assertSeen(origin)
      await until('statistics say so', async () => {
        const { rejected_count: rejected, connections_limit: most } = await statsOf(origin)
        return rejected === clients - limit && most === limit
      })
      disperse(sockets)
      await until('all are gone', async () => (await scrape(origin)).openConnections === 0)
      const answer = await fetch(`${origin.url}/health`)
      assert.equal(answer.status, 200)
      // One line for all of them.
      await origin.waitForLog(isOfClosed)
      assert.equal(origin.log.filter(isOfClosed).length, 1)
    })
  }

  test('on admin: silent connections make room, and every request is answered', async (t) => {
    const origin = await startWithFiles(t, { files })
    await crowd(t, origin.ports.admin)
    await assertSeen(origin)
    const scraped = await scrape(origin)
    const rejected = { listener: 'admin', reason: 'limit' }
    assert.ok((scraped.value('hpdummy_connections_rejected_total', rejected) ?? 0) >= 500)
    assert.equal((await fetch(`${origin.url}/health`)).status, 200)
  })
})

function countOpen(sockets: readonly Socket[]): number {
  return sockets.filter((socket) => !socket.readableEnded && !socket.destroyed).length
}

test('with every place taken, workers are replaced, settings followed, and a drain ends', async (t) => {
  const config = join(createDirectory(t), 'settings.json')
  await writeSettings(config, { buffer: { size: '256K' } })
  const origin = await startWithFiles(t, { files }, { config, workers: 2 })
  const limit = limitOf(await scrape(origin))
  const halves = [origin.ports.http, origin.ports.wire]
  for (const port of halves) await crowd(t, port, 300)
  await until('it is full', async () => (await scrape(origin)).openConnections === limit)
  await writeSettings(config, { buffer: { size: '128K' } })
  await origin.waitForLog(({ msg }) => msg === 'settings applied')
  await assertSeen(origin)
  const replaced = (await scrape(origin)).value('hpdummy_worker_recycles_total', {
    reason: 'settings',
  })
  assert.equal(replaced, 2)
  // The places of the workers that left are there for others.
  await until(
    'nobody is counted who is gone',
    async () => (await scrape(origin)).openConnections === 0,
  )
  const sockets = await crowd(t, origin.ports.wire, 50)
  await until('new ones are let in', async () => (await scrape(origin)).openConnections === 50)
  assert.equal(countOpen(sockets), 50)
  origin.signal('SIGTERM')
  assert.equal(await origin.exited, 0)
})

test('limits.connections is followed while serving, and counts all listeners together', async (t) => {
  const config = join(createDirectory(t), 'settings.json')
  const limitTo = (connections: number): Promise<void> =>
    writeSettings(config, { limits: { connections } })
  await limitTo(5)
  const origin = await startWithFiles(t, { files }, { config })
  const onWire = await crowd(t, origin.ports.wire, 3)
  const onEcho = await crowd(t, origin.ports.tcpEcho, 3)
  await until('one is closed', () => countOpen(onWire) + countOpen(onEcho) === 5)
  const onFast = await crowd(t, origin.ports.http, 1)
  await until('so is the next', () => countOpen(onFast) === 0)
  await limitTo(7)
  await origin.waitForLog(({ msg }) => msg === 'settings applied')
  // The workers may hear of it later than the log says it: clients come until two are in, and those after them are not.
  const later: Socket[] = []
  let times = 0
  await until('two more are let in, and no third', async () => {
    later.push(...(await crowd(t, origin.ports.http, 1)))
    await pause(100)
    times = countOpen(later) === 2 ? times + 1 : 0
    return times === 3
  })
  await assertSeen(origin)
})

test('a WebSocket takes a place until it is closed, in clear and over TLS', async (t) => {
  const origin = await startWithFiles(
    t,
    { files },
    { 'limits.connections': 1, 'tls.selfSigned': true },
  )
  const { http, https, wire } = origin.ports
  for (const url of [
    `ws://127.0.0.1:${http}/ws`,
    `wss://127.0.0.1:${https}/ws`,
    `ws://127.0.0.1:${wire}/ws`,
  ]) {
    const socket = await openWebSocket(url)
    t.after(() => socket.terminate())
    const other = await crowd(t, origin.ports.tcpEcho, 1)
    await until('the other is closed', () => countOpen(other) === 0)
    socket.close()
    await once(socket, 'close')
    await until('its place is free', async () => {
      const next = await crowd(t, origin.ports.tcpEcho, 1)
      const [peer] = next.map((one) => new RawSocket(one))
      peer?.send('let in?')
      const isIn = await peer?.take(7).then(
        () => true,
        () => false,
      )
      disperse(next)
      return isIn
    })
    await until('all are gone', async () => (await scrape(origin)).openConnections === 0)
  }
})

async function openWebSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { rejectUnauthorized: false })
  await once(socket, 'open')
  return socket
}

for (const name of ['wire', 'http'] as const) {
  test(`limits.connectionsPerIp on ${name}: an address has so many, and gets back what it gives up`, async (t) => {
    const origin = await startWithFiles(t, { files }, { 'limits.connectionsPerIp': 3 })
    const port = origin.ports[name]
    const comeFrom = async (localAddress: string, count: number): Promise<readonly Socket[]> => {
      const sockets = await gather(port, { count, localAddress })
      t.after(() => disperse(sockets))
      for (const socket of sockets) socket.resume()
      return sockets
    }
    const ones = await comeFrom('127.0.0.1', 5)
    const others = await comeFrom('127.0.0.2', 2)
    await until('two are closed', () => countOpen(ones) === 3)
    assert.equal(countOpen(others), 2)
    const listener = name === 'http' ? 'fast' : 'wire'
    await until('they are counted', async () => {
      const labelsOfThem = { listener, reason: 'address' }
      const scraped = await scrape(origin)
      return scraped.value('hpdummy_connections_rejected_total', labelsOfThem) === 2
    })
    disperse(ones.filter((socket) => !socket.readableEnded).slice(0, 1))
    // Of the fast listener's the kernel is asked once a second.
    await until('its place is free', async () => countOpen(await comeFrom('127.0.0.1', 1)) === 1)
    // On every listener together.
    const echoing = await gather(origin.ports.tcpEcho, { count: 1, localAddress: '127.0.0.1' })
    t.after(() => disperse(echoing))
    for (const socket of echoing) socket.resume()
    await until('it is closed', () => countOpen(echoing) === 0)
    assert.equal(await adminStatus(origin, '/readyz'), 200)
  })
}

test('readiness.fullAfter takes an origin that stays full out of rotation, and back in', async (t) => {
  const origin = await startWithFiles(
    t,
    { files },
    {
      'limits.connections': 2,
      'readiness.fullAfter': '100ms',
    },
  )
  const sockets = await crowd(t, origin.ports.tcpEcho, 2)
  await until('it is not ready', async () => (await adminStatus(origin, '/readyz')) === 503)
  assert.equal(await adminStatus(origin, '/livez'), 200)
  disperse(sockets)
  await until('it is ready again', async () => (await adminStatus(origin, '/readyz')) === 200)
})

test('the start warns when there are fewer files than the settings ask for, and says what raises the limit', async (t) => {
  const origin = await startWithFiles(t, { files }, { 'limits.connections': 5000 })
  const warning = origin.log.find(({ msg }) => msg?.startsWith('the open-file limit is too low'))
  assert.equal(warning?.['limit'], files)
  assert.equal(warning?.['asked'], 5000)
  assert.match(String(warning?.['raise']), /ulimit -n \d+.*LimitNOFILE=\d+.*--ulimit nofile=/)
  const fitting = await startWithFiles(t, { files }, { 'limits.connections': 20 })
  assert.ok(!fitting.log.some(({ msg }) => msg?.startsWith('the open-file limit is too low')))
})
