// Two origins behind a real proxy, restarted one after the other under load: nobody may notice.
import assert from 'node:assert/strict'
import { type TestContext, suite, test } from 'node:test'

import { inPhase, lastLine } from '../support/drain-log.ts'
import { type TestOrigin, type TestSettings, startOrigin } from '../support/origin.ts'
import { type Proxy, startHaproxy, startNginx } from '../support/reverse-proxies.ts'
import { scrape } from '../support/scrape.ts'
import { without } from '../support/tools.ts'
import { until, within } from '../support/wait.ts'
import { FourLoads } from './four-loads.ts'

// Behind each of two proxies.
const restarts = 10

const settings: TestSettings = {
  'drain.quiet': '250ms',
  'drain.notice': '1s',
  'drain.deadline': '20s',
}

/** What the origins said of their ends. */
interface Ends {
  /** Exchanges under way when the ports were closed. */
  outlasting: number
  cutConnections: number
  cutExchanges: number
}

/** Ends one origin and starts its replacement in its place; resolves when the proxy has taken that. */
async function restart(
  t: TestContext,
  origin: TestOrigin,
  { loads, ends }: { readonly loads: FourLoads; readonly ends: Ends },
): Promise<TestOrigin> {
  // Two, of which one may be done before the port is closed: a restart that meets none shows nothing.
  await until(
    'downloads are under way',
    async () => ((await scrape(origin)).activeRequests ?? 0) >= 2,
  )
  const before = loads.outcomes
  origin.signal('SIGTERM')
  assert.equal(await within('the end of an origin', origin.exited, { ms: 25_000 }), 0)
  for (const [place, { load, bytes }] of loads.outcomes.entries()) {
    assert.ok(bytes > (before[place]?.bytes ?? 0), `${load} stood still during a drain`)
  }
  const { cut } = await lastLine(origin)
  const { left } = origin.log.find(inPhase('finishing')) as unknown as {
    readonly left: { readonly exchanges: number }
  }
  ends.outlasting += left.exchanges
  ends.cutConnections += cut.connections
  ends.cutExchanges += cut.exchanges
  const { http, admin } = origin.ports
  const replacement = await startOrigin(t, { ...settings, 'http.port': http, 'admin.port': admin })
  await until('the proxy has taken the replacement', () => hasServed(replacement))
  return replacement
}

async function hasServed(origin: TestOrigin): Promise<boolean> {
  const count = 'http_server_request_duration_seconds_count'
  return ((await scrape(origin)).value(count, { http_route: '/' }) ?? 0) > 0
}

interface Report extends Ends {
  readonly name: string
  readonly loads: FourLoads
  readonly retries: number
}

function report(t: TestContext, { name, loads, retries, ...ends }: Report): void {
  const head = ['load', 'restarts', 'done', 'MiB', 'failed', 'connections', 'told', 'crossed']
  const lines = loads.outcomes.map(({ load, done, bytes, losses, connections, told, crossed }) =>
    [
      load,
      restarts,
      done,
      Math.round(bytes / 2 ** 20),
      losses.length,
      connections,
      told,
      crossed,
    ].map(String),
  )
  for (const line of [head, ...lines]) {
    t.diagnostic([name, ...line].map((cell) => cell.padEnd(14)).join(''))
  }
  t.diagnostic(`${name}: no client tries twice; the proxy did ${retries} times`)
  t.diagnostic(`${name}: ${JSON.stringify(ends)}`)
}

async function restartUnderLoad(
  t: TestContext,
  name: string,
  start: (origins: readonly TestOrigin[]) => Promise<Proxy>,
): Promise<void> {
  const origins = await Promise.all([startOrigin(t, settings), startOrigin(t, settings)])
  const proxy = await start(origins)
  const loads = new FourLoads(proxy.port)
  const ends: Ends = { outlasting: 0, cutConnections: 0, cutExchanges: 0 }
  try {
    await until('all loads are at work', () => loads.outcomes.every(({ done }) => done > 0))
    for (let count = 0; count < restarts; count++) {
      const place = count % 2 === 0 ? 0 : 1
      origins[place] = await restart(t, origins[place], { loads, ends })
    }
  } finally {
    await loads.stop()
    report(t, { name, loads, retries: await proxy.retries(), ...ends })
  }
  for (const { load, losses } of loads.outcomes) assert.deepEqual(losses.slice(0, 5), [], load)
  assert.equal(ends.cutExchanges, 0)
  // How many is chance: a download may be done before the port is closed.
  assert.ok(ends.outlasting > 0, 'no download was under way when a port was closed')
  await proxy.end()
}

// At the same time, because a restart is mostly waiting.
suite('rolling restarts under four loads at once lose no request', { concurrency: 2 }, () => {
  // nginx knows of a draining origin by what it meets there: the other one gets what a closed port
  // refused.
  test(`behind nginx, ${restarts} times`, { skip: without('nginx') }, (t) =>
    restartUnderLoad(t, 'nginx', (origins) =>
      startNginx(t, {
        origins: origins.map(({ ports }) => ports.http),
        words: 'max_fails=1 fail_timeout=1s',
        lines: `
          proxy_next_upstream error timeout;
          # Or a slow client's download would end in a file of nginx, and the origin would be done.
          proxy_max_temp_file_size 0;`,
      }),
    ),
  )

  // HAProxy asks /readyz, as Kubernetes does, and chooses the other origin within 100 ms; it never tries
  // twice.
  test(`behind HAProxy, ${restarts} times`, { skip: without('haproxy') }, (t) =>
    restartUnderLoad(t, 'HAProxy', (origins) =>
      startHaproxy(t, {
        origins: origins.map(({ ports }) => ports.http),
        adminPorts: origins.map(({ ports }) => ports.admin),
      }),
    ),
  )
})
