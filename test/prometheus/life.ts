import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { TestContext } from 'node:test'

import { WebSocket } from 'ws'

import { ask } from '../support/ask.ts'
import { readConfigz, untilGeneration } from '../support/configz.ts'
import { inPhase } from '../support/drain-log.ts'
import type { TestOrigin } from '../support/origin.ts'
import { startProgram } from '../support/programs.ts'
import { connectTo, rawRequest } from '../support/raw.ts'
import { toolPath } from '../support/tools.ts'
import { until } from '../support/wait.ts'
import { type Pods, startPods } from './pods.ts'
import { Prometheus, type Span } from './prometheus.ts'

/** What hpdummy-0 was asked between two scrapes, exactly. */
export const known = {
  connections: 10,
  /** On each connection. */
  requests: {
    '/bin/1K': 27,
    '/status/503': 4,
    '/bin/1Q': 2,
    '/nousage': 3,
    '/delay/20': 1,
    '/bin/1?hp-status=503': 2,
    '/bin/1?hp-status=503:0': 1,
  },
  webSockets: 5,
  /** On each WebSocket. */
  messages: 4,
  /** Steps of the scenario `wave`. */
  steps: ['low', 'high'],
} as const

/** Half a minute of an origin's life, as Prometheus has recorded it. */
export interface Life {
  readonly prometheus: Prometheus
  /** All of it. */
  readonly span: Span
  /** While hpdummy-0 was asked what is known. */
  readonly asked: Span
  /** Hash of the settings hpdummy-0 was changed to. */
  readonly changedTo: string
  /** Bytes of bodies that came out of hpdummy-0 meanwhile. */
  readonly bytesOut: number
  /** Alerts that fired at the end, as `name pod`. */
  readonly firing: readonly string[]
}

/** Has three origins live through load, a change of settings, throttling and a drain. */
export async function live(t: TestContext, rulesFile: string): Promise<Life> {
  const pods = await startPods(t)
  const load = startProgram(t, {
    path: toolPath('wrk'),
    // Dear for the origin and cheap for who asks, so that some always wait for an answer.
    words: ['-t1', '-c32', '-d100s', '--timeout=30s', `${pods.busy.url}/bin/8M?hash=sha256`],
  })
  // Before the first scrape, so that the alert sees nothing else.
  await until('hpdummy-1 has nothing left', async () => (await headroomOf(pods.busy)) < 0.05)
  const prometheus = await Prometheus.start(t, pods.scraped, rulesFile)
  await recorded(prometheus, `count(up == 1) == ${pods.scraped.length}`)
  const start = now()

  const { asked, bytesOut } = await askWhatIsKnown(t, prometheus, pods)
  await talk(t, prometheus, pods)
  await performSteps(prometheus, pods)
  const changedTo = await changeSettings(prometheus, pods)
  await loseApiServer(prometheus, pods)
  await drain(t, prometheus, pods)
  const firing = await prometheus.firing()
  const span = { start, end: now(), step: 1 }
  await load.end()
  return { prometheus, span, asked, changedTo, bytesOut, firing }
}

async function askWhatIsKnown(
  t: TestContext,
  prometheus: Prometheus,
  { calm }: Pods,
): Promise<Pick<Life, 'asked' | 'bytesOut'>> {
  // A series begins with the first request of its kind, and rate() needs one scrape before the rest.
  await askAll(t, calm, { connections: 1, times: () => 1 })
  const kinds = Object.keys(known.requests).length
  const requests = `sum(http_server_request_duration_seconds_count{pod="hpdummy-0"})`
  await recorded(prometheus, `${requests} == ${kinds}`)
  const start = now()
  const bytesOut = await askAll(t, calm, {
    connections: known.connections,
    times: (count) => count,
  })
  const perConnection = Object.values(known.requests).reduce((sum, count) => sum + count, 0)
  await recorded(prometheus, `${requests} == ${kinds + known.connections * perConnection}`)
  return { asked: { start, end: now(), step: 1 }, bytesOut }
}

/** Asks for everything that is known on some connections at once; how many bytes of bodies came. */
async function askAll(
  t: TestContext,
  origin: TestOrigin,
  {
    connections,
    times,
  }: { readonly connections: number; readonly times: (count: number) => number },
): Promise<number> {
  let bytes = 0
  const each = Array.from({ length: connections }, async () => {
    const connection = connectTo(t, origin)
    for (const [target, count] of Object.entries(known.requests)) {
      for (let sent = 0; sent < times(count); sent++) {
        connection.send(rawRequest(`GET ${target}`))
        const { body } = await connection.answer()
        bytes += body.length
      }
    }
    connection.leave()
  })
  await Promise.all(each)
  return bytes
}

async function talk(t: TestContext, prometheus: Prometheus, { calm }: Pods): Promise<void> {
  // One that is none of them.
  connectTo(t, calm)
  const url = `${calm.url.replace('http', 'ws')}/ws`
  for (let opened = 0; opened < known.webSockets; opened++) {
    const socket = new WebSocket(url)
    t.after(() => socket.terminate())
    await once(socket, 'open')
    for (let sent = 0; sent < known.messages; sent++) {
      socket.send('how are you?')
      await once(socket, 'message')
    }
  }
  const { webSockets, messages } = known
  await recorded(prometheus, `hpdummy_websocket_messages_total == ${webSockets * messages}`)
}

/** Steps of a scenario, each for as long as it takes to be recorded. */
async function performSteps(prometheus: Prometheus, { calm }: Pods): Promise<void> {
  for (const name of known.steps) {
    const body = JSON.stringify({ name: 'wave', steps: [{ name }] })
    assert.equal((await ask(calm.ports.admin, '/scenario', { method: 'PUT', body })).status, 200)
    await recorded(prometheus, `hpdummy_scenario_step{step="${name}"} == 1`)
  }
  await ask(calm.ports.admin, '/scenario', { method: 'DELETE' })
}

/** A change that is taken, one that waits for a restart, and one that is refused. */
async function changeSettings(prometheus: Prometheus, { calm, mount }: Pods): Promise<string> {
  const changed = 'limits.delay: 2m\nbuffer.size: 128K\n'
  mount.write(changed)
  const { applied } = await untilGeneration(calm, 2)
  await recorded(prometheus, `hpdummy_config_info{hash="${applied.hash}",pod="hpdummy-0"}`)
  mount.write(`${changed}limits.headerBytes: 2K\n`)
  await recorded(prometheus, 'hpdummy_config_restart_required{pod="hpdummy-0"} == 1')
  mount.write('limits.delay: never\n')
  await recorded(prometheus, 'hpdummy_config_last_reload_successful{pod="hpdummy-0"} == 0')
  mount.write(changed)
  await recorded(prometheus, 'hpdummy_config_last_reload_successful{pod="hpdummy-0"} == 1')
  assert.equal((await readConfigz(calm)).applied.hash, applied.hash)
  return applied.hash
}

async function loseApiServer(prometheus: Prometheus, { api }: Pods): Promise<void> {
  await recorded(prometheus, 'hpdummy_config_watch_connected == 1')
  api.endStreams()
  await recorded(prometheus, 'hpdummy_config_watch_reconnects_total > 0')
  await api.end()
  await recorded(prometheus, 'hpdummy_config_watch_connected == 0')
}

async function drain(t: TestContext, prometheus: Prometheus, { leaving }: Pods): Promise<void> {
  // An answer that outlives the notice, so that there is something to finish.
  const connection = connectTo(t, leaving)
  connection.send(rawRequest('GET /drip?duration=7s'))
  await recorded(prometheus, 'http_server_active_requests{pod="hpdummy-2"} == 1')
  leaving.signal('SIGTERM')
  await leaving.waitForLog(inPhase('notice'))
  await recorded(prometheus, 'hpdummy_drain_phase{pod="hpdummy-2"} == 2')
  await recorded(prometheus, 'hpdummy_drain_phase{pod="hpdummy-2"} == 3')
  assert.equal((await connection.answer()).status, 200)
  assert.equal(await leaving.exited, 0)
}

/** Resolves when something answers the query. */
async function recorded(prometheus: Prometheus, query: string): Promise<void> {
  const isThere = async (): Promise<boolean> => (await prometheus.query(query)).length > 0
  await until(`Prometheus has ${query}`, isThere)
}

async function headroomOf({ ports }: TestOrigin): Promise<number> {
  const page = await fetch(`http://127.0.0.1:${ports.admin}/api/v1/stats`)
  return ((await page.json()) as { readonly headroom_ratio: number }).headroom_ratio
}

function now(): number {
  return Date.now() / 1000
}
