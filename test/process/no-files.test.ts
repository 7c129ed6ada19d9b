import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { Agent, type IncomingMessage, get } from 'node:http'
import { type Socket, connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { connect as connectTls } from 'node:tls'

import { createDirectory } from '../support/directory.ts'
import type { TestOrigin } from '../support/origin.ts'
import { connectTo, sizedRequest } from '../support/raw.ts'
import { Scrape } from '../support/scrape.ts'
import { until, within } from '../support/wait.ts'
import { disperse, gather } from './crowd.ts'
import { startWithFiles } from './few-files.ts'

/** Asks the admin port on one connection that was there before files ran out. */
function createAsking({ ports }: TestOrigin): (path: string) => Promise<string> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return async (path) => {
    const request = get({ agent, port: ports.admin, host: '127.0.0.1', path })
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    return text(answer)
  }
}

const files = 400

interface Leaky {
  readonly origin: TestOrigin
  readonly ask: ReturnType<typeof createAsking>
  /** Takes all files, and those that become free unless it is `once`. */
  readonly leak: (mode: 'once' | 'again') => Promise<void>
  readonly mend: () => Promise<void>
}

async function startLeaky(t: TestContext): Promise<Leaky> {
  const sign = join(createDirectory(t), 'hold')
  const preload = new URL('hold-files.ts', import.meta.url).href
  const env = { HOLD_FILES: sign, NODE_OPTIONS: `--import=${preload}` }
  const origin = await startWithFiles(t, { files, env }, { 'tls.selfSigned': true })
  const ask = createAsking(origin)
  assert.equal(await ask('/livez'), 'ok\n')
  return {
    origin,
    ask,
    async leak(mode) {
      if (mode === 'again') await writeFile(`${sign}-again`, '')
      await writeFile(sign, '')
      // Spare ones may be given up at once.
      await until('all are taken', async () => (await countFiles(origin)) > files - 5)
    },
    async mend() {
      await rm(sign)
      await until('clients are let in', () =>
        fetch(`${origin.url}/health`).then(
          ({ status }) => status === 200,
          () => false,
        ),
      )
    },
  }
}

test('without a free file the origin goes on, knows less, and recovers when there is one', async (t) => {
  const { origin, ask, leak, mend } = await startLeaky(t)
  const figure = async (name: string): Promise<unknown> =>
    (JSON.parse(await ask('/api/v1/stats')) as Record<string, unknown>)[name]
  assert.equal(typeof (await figure('memory_rss_mb')), 'number')
  const onWire = connectTo(t, origin, 'wire')
  const digest = sizedRequest('POST /upload?digest=true', 'some bytes')
  const onGrpc = connect(origin.ports.grpcTls ?? 0, '127.0.0.1').on('error', () => {})
  await once(onGrpc, 'connect')
  await until(
    'both are accepted',
    async () => new Scrape(await ask('/metrics')).openConnections === 2,
  )

  await leak('again')
  await until('memory is not known', async () => (await figure('memory_rss_mb')) === null)
  // One may be free for a moment, until it is taken again.
  const scraped = await until(
    'figures of /proc are not known',
    async () => new Scrape(await ask('/metrics')),
    {
      holds: (page) =>
        page.value('process_open_fds') === undefined &&
        page.value('process_resident_memory_bytes') === undefined,
    },
  )
  assert.equal(scraped.value('hpdummy_workers'), 1)

  // The library is loaded for the first client of gRPC, a native module for the first digest.
  const secured = connectTls({ socket: onGrpc, ALPNProtocols: ['h2'], rejectUnauthorized: false })
  secured.on('error', () => {}).resume()
  await within('the client of gRPC is sent away', once(secured, 'close'))
  onWire.send(digest)
  // A file may have become free for a moment.
  assert.ok([200, 503].includes((await onWire.answer()).status))

  // They cannot be accepted, and the kernel goes on saying that they are there.
  for (const port of [origin.ports.http, origin.ports.wire, origin.ports.admin]) {
    const sockets = await gather(port, { count: 20 })
    t.after(() => disperse(sockets))
  }
  await until('no loop spins', async () => Number(await figure('cpu_usage_percent')) < 40)

  await mend()
  await until('memory is known', async () => typeof (await figure('memory_rss_mb')) === 'number')
  onWire.send(digest)
  assert.equal((await onWire.answer()).status, 200)
  await until('gRPC is served', () => isGreeted(origin.ports.grpcTls ?? 0))
  // The quota was not known for a while, which is no change of it.
  assert.ok(!origin.log.some(({ msg }) => msg === 'quota changed'))
})

test('clients that come when the last file is gone are closed, not left waiting', async (t) => {
  const { origin, ask, leak, mend } = await startLeaky(t)
  await leak('once')
  for (const name of ['http', 'https', 'wire', 'tcpEcho'] as const) {
    const sockets = await gather(origin.ports[name] ?? 0, { count: 20 })
    t.after(() => disperse(sockets))
    for (const socket of sockets) socket.resume()
    // One or two may come in between with the last files.
    await until(`those on ${name} are closed`, () => countOpen(sockets) <= 2)
  }
  const scraped = new Scrape(await ask('/metrics'))
  const labels = { listener: 'fast', reason: 'files' }
  assert.ok((scraped.value('hpdummy_connections_rejected_total', labels) ?? 0) > 0)
  await mend()
})

async function countFiles({ pid }: TestOrigin): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length
}

function countOpen(sockets: readonly Socket[]): number {
  return sockets.filter(({ readableEnded, destroyed }) => !readableEnded && !destroyed).length
}

/** Whether a client over TLS is told HTTP/2's settings, with which a server begins (RFC 9113 3.4). */
async function isGreeted(port: number): Promise<boolean> {
  const client = connectTls({
    port,
    host: '127.0.0.1',
    ALPNProtocols: ['h2'],
    rejectUnauthorized: false,
  })
  client.on('error', () => {})
  client.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00')
  const [first] = (await Promise.race([once(client, 'data'), once(client, 'close')])) as unknown[]
  client.destroy()
  return Buffer.isBuffer(first) && first[3] === 4
}
