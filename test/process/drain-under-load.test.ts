import assert from 'node:assert/strict'
import { type TestContext, suite, test } from 'node:test'

import { jsonOf } from '../support/ask.ts'
import { untilGeneration } from '../support/configz.ts'
import { cutOf } from '../support/drain-log.ts'
import { HttpLoad, type HttpLoadOptions, type LossKind } from '../support/http-load.ts'
import { startMounted } from '../support/mounted-settings.ts'
import { type TestOrigin, type TestSettings, startOrigin } from '../support/origin.ts'
import { alphabetBytes } from '../support/payloads.ts'
import { startHaproxy, startNginx } from '../support/reverse-proxies.ts'
import { scrape } from '../support/scrape.ts'
import { without } from '../support/tools.ts'
import { until } from '../support/wait.ts'

// The notice ends by itself when nobody new has come for drain.quiet. The limit is long, because a
// client that a loaded machine stalls for that long is cut, as it should be, and counts as lost here.
const drainSettings: TestSettings = {
  'drain.quiet': '250ms',
  'drain.notice': '5s',
  'drain.deadline': '8s',
}

// Closing a port resets what the kernel has queued on it. On Linux nothing is: new connections were steered to other
// sockets before.
const resetWhereNotSteered: ReadonlySet<LossKind> = new Set(
  process.platform === 'linux' ? [] : ['resetNew'],
)

type Load = Pick<HttpLoadOptions, 'target' | 'isRight'>

const echo: Load = {
  target: '/',
  isRight: (answer) => answer.status === 200 && jsonOf(answer)['method'] === 'GET',
}

const downloaded = alphabetBytes(0, 100 * 1024)

const download: Load = {
  target: '/bin/100K',
  isRight: ({ status, body }) => status === 200 && body.equals(downloaded),
}

/** Loads `port` before, while and after `origin` drains; no request may be lost. */
async function drainUnderLoad(
  t: TestContext,
  { origin, ...load }: HttpLoadOptions & { readonly origin: TestOrigin },
  excused: ReadonlySet<LossKind> = new Set(),
): Promise<HttpLoad> {
  const client = new HttpLoad(load)
  await until('the clients are at work', () => client.answered > 20 * load.connections)
  const before = client.answered
  origin.signal('SIGTERM')
  assert.equal(await origin.exited, 0)
  const after = client.answered
  await until('the clients go on', () => client.answered > after + 10 * load.connections)
  await client.stop()
  const during = { before, during: after - before }
  t.diagnostic(
    `${load.target} think ${load.thinkMs} ms: ${JSON.stringify({ ...client.counts, ...during })}`,
  )
  const lost = client.losses.filter(({ kind }) => !excused.has(kind))
  assert.deepEqual(lost.slice(0, 5), [])
  return client
}

suite(
  'draining one origin of two under keep-alive load loses no request',
  { concurrency: 2 },
  () => {
    test('keep-alive clients, two origins on one port, replaced one by one', async (t) => {
      const ownPorts = { ...drainSettings, workers: 2, 'tls.selfSigned': true }
      let origin = await startOrigin(t, ownPorts)
      const { http, https = 0 } = origin.ports
      const settings = { ...ownPorts, 'http.port': http, 'https.port': https }
      const loads = [
        { ...echo, port: http, thinkMs: 5 },
        { ...echo, port: http, thinkMs: 0 },
        { ...download, port: http, thinkMs: 5 },
        { ...download, port: http, thinkMs: 0 },
        { ...echo, port: https, isTls: true, thinkMs: 5 },
        { ...download, port: https, isTls: true, thinkMs: 0 },
      ]
      for (const load of loads) {
        const replacement = await startOrigin(t, settings)
        const scheme = load.port === https ? 'https' : 'http'
        await t.test(`${scheme} ${load.target}, ${load.thinkMs} ms of thinking`, async (step) => {
          const client = await drainUnderLoad(step, { ...load, connections: 48, origin })
          assert.ok(client.closedByHeader > 0, 'nobody was told to leave')
        })
        origin = replacement
      }
    })

    test('clients that open a connection for each request, two origins on one port', async (t) => {
      const settings = { ...drainSettings, 'drain.notice': '600ms', workers: 2 }
      const origin = await startOrigin(t, settings)
      const port = origin.ports.http
      await startOrigin(t, { ...settings, 'http.port': port })
      const load = { ...echo, port, thinkMs: 0, connections: 48, isChurning: true }
      const client = await drainUnderLoad(t, { ...load, origin }, resetWhereNotSteered)
      const { connections } = await cutOf(origin)
      assert.equal(
        connections,
        0,
        `${connections} connections cut; ${JSON.stringify(client.counts)}`,
      )
    })

    test('clients that open a connection for each request, workers replaced', async (t) => {
      const { origin, mount } = await startMounted(t, 'workers: 2\n', drainSettings)
      const load = { ...echo, port: origin.ports.http, thinkMs: 0, connections: 48 }
      const client = new HttpLoad({ ...load, isChurning: true })
      await until('the clients are at work', () => client.answered > 1000)
      mount.write('workers: 2\nbuffer.size: 64K\n')
      await untilGeneration(origin, 2)
      const after = client.answered
      await until('the clients go on', () => client.answered > after + 500)
      await client.stop()
      t.diagnostic(JSON.stringify(client.counts))
      const lost = client.losses.filter(({ kind }) => !resetWhereNotSteered.has(kind))
      assert.deepEqual(lost.slice(0, 5), [])
      const numbers = await scrape(origin)
      assert.equal(numbers.value('hpdummy_drain_forced_connections_total'), 0)
    })
  },
)

suite('draining one origin of two behind a proxy loses no request', { concurrency: 2 }, () => {
  // nginx goes on choosing the address it is told, so somebody must take over there: a replacement
  // on the same port, started before.
  test(
    'behind nginx that never tries twice, with a replacement',
    { skip: without('nginx') },
    async (t) => {
      const [origin, other] = await Promise.all([
        startOrigin(t, drainSettings),
        startOrigin(t, drainSettings),
      ])
      const port = origin.ports.http
      const nginx = await startNginx(t, {
        origins: [port, other.ports.http],
        lines: 'proxy_next_upstream off;',
      })
      await startOrigin(t, { ...drainSettings, 'http.port': port })
      await drainUnderLoad(t, { ...echo, port: nginx.port, thinkMs: 0, connections: 32, origin })
      await nginx.end()
    },
  )

  // Every connection nginx makes to the one that drains is new, so it is never quiet: the notice
  // ends by its limit, and nginx goes to the other after the first refusal.
  test(
    'behind nginx that notices by itself, without a replacement',
    { skip: without('nginx') },
    async (t) => {
      const settings = { ...drainSettings, 'drain.notice': '1s' }
      const [origin, other] = await Promise.all([
        startOrigin(t, settings),
        startOrigin(t, settings),
      ])
      const nginx = await startNginx(t, { origins: [origin.ports.http, other.ports.http] })
      await drainUnderLoad(t, {
        ...download,
        port: nginx.port,
        thinkMs: 0,
        connections: 32,
        origin,
      })
      await nginx.end()
    },
  )

  for (const load of [echo, download]) {
    test(
      `behind HAProxy that asks /readyz and never tries twice, ${load.target}`,
      { skip: without('haproxy') },
      async (t) => {
        // Connections that rest in its pool hear of nothing until the notice is over.
        const settings = { ...drainSettings, 'drain.notice': '3s' }
        const origins = await Promise.all([startOrigin(t, settings), startOrigin(t, settings)])
        const haproxy = await startHaproxy(t, {
          origins: origins.map(({ ports }) => ports.http),
          adminPorts: origins.map(({ ports }) => ports.admin),
        })
        const [origin] = origins
        await drainUnderLoad(t, {
          ...load,
          port: haproxy.port,
          thinkMs: 0,
          connections: 32,
          origin,
        })
        await haproxy.end()
      },
    )
  }
})
