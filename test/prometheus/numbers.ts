// Numbers that are known because the test made them, read off the dashboards' own queries.
import assert from 'node:assert/strict'

import { phases } from '../../app/runtime/phase.ts'
import { dashboardGoldens } from '../golden/dashboards/dashboards.ts'
import { type Dashboard, type Target, ask, chooseAll, rateSeconds } from './grafana.ts'
import { type Life, known } from './life.ts'
import { strangerRate } from './pods.ts'
import type { Series, Span } from './prometheus.ts'

/** The dashboards as they are made. */
export const dashboards: readonly Dashboard[] = dashboardGoldens.map(
  ({ text }) => JSON.parse(text()) as Dashboard,
)

/** What a reader of the dashboards must see after such a life. */
export const numbers: Readonly<Record<string, (life: Life) => Promise<void>>> = {
  'after N requests the counters have N more': async ({ prometheus, asked, bytesOut }) => {
    const grown = async (query: string): Promise<number> =>
      ((await prometheus.value(query, asked.end)) ?? 0) -
      ((await prometheus.value(query, asked.start)) ?? 0)
    const calm = 'pod="hpdummy-0"'
    const { connections } = known
    assert.deepEqual(
      await Promise.all([
        grown(`sum(http_server_request_duration_seconds_count{${calm}})`),
        grown(`sum(hpdummy_connections_opened_total{${calm}})`),
        grown(`sum(hpdummy_bytes_total{${calm},direction="out"})`),
      ]),
      [40 * connections, connections, bytesOut],
    )
  },

  'rates by status are those that were asked for': async (life) => {
    const span = inOneStep(life.span)
    const answered = await read(life, 'Rate by status', { pod: 'hpdummy-0', span })
    const counts = answered.map(({ labels, points }) => [
      labels['http_response_status_code'],
      (points.at(-1)?.value ?? 0) * rateSeconds(span),
    ])
    const { connections } = known
    for (const [status, each] of Object.entries({ 200: 32, 503: 6, 400: 2 })) {
      const [, count = 0] = counts.find(([code]) => code === status) ?? []
      isAbout(Number(count), each * connections, 0.15)
    }
  },

  'errors are told apart': async (life) => {
    const most = async (refId: string): Promise<number> =>
      largest(await read(life, 'Errors: asked for, injected, refused, real', { refId }))
    for (const refId of ['A', 'B', 'C']) assert.ok((await most(refId)) > 1, refId)
    assert.equal(await most('D'), 0)
    const real = await read(life, 'Errors nobody asked for')
    assert.equal(largest(real), 0)
  },

  'waiting on purpose does not count as slow': async (life) => {
    const options = { pod: 'hpdummy-0', span: inOneStep(life.asked) }
    const title = 'p99 duration: waiting on purpose, and not'
    // The wait is 20 ms, in the bucket from 10 ms to 25 ms.
    assert.ok(largest(await read(life, title, options)) > 0.01)
    const others = await read(life, title, { ...options, refId: 'C' })
    assert.equal(largest(others), largest(await read(life, 'p99', options)))
  },

  'reuse of connections is counted': async (life) => {
    const title = 'Requests for each new connection'
    const answered = await read(life, title, { pod: 'hpdummy-0', span: inOneStep(life.asked) })
    isAbout(answered[0]?.points.at(-1)?.value ?? 0, 40, 0.25)
  },

  'WebSockets are counted': async (life) => {
    const open = await read(life, 'Open WebSockets', { pod: 'hpdummy-0' })
    assert.equal(largest(open), known.webSockets)
    const all = await read(life, 'Open connections', { pod: 'hpdummy-0' })
    assert.ok(largest(all) > known.webSockets)
  },

  'a saturated pod was the bottleneck, a calm one was not': async (life) => {
    const title = 'Was the origin the bottleneck?'
    const worst = largest(await read(life, title))
    const calm = largest(await read(life, title, { pod: 'hpdummy-0' }))
    assert.ok(worst < 0.1, `${worst} left of all`)
    assert.ok(calm > 0.3, `${calm} left of the calm one`)
    assert.deepEqual(
      life.firing.filter((alert) => alert.startsWith('HpdummyNoHeadroom')),
      ['HpdummyNoHeadroom hpdummy-1'],
    )
    const throttled = await read(life, 'Throttled periods', { pod: 'hpdummy-1' })
    assert.ok(largest(throttled) > 0.25, `${largest(throttled)} of the periods throttled`)
  },

  'a change of settings and a drain are marked once, where they were': async (life) => {
    const changes = await mark(life, 'Settings')
    assert.deepEqual(
      changes.map(({ labels }) => [labels['pod'], labels['hash']]),
      [['hpdummy-0', life.changedTo]],
    )
    assert.equal(changes[0]?.points.length, 1)
    const drains = await mark(life, 'Drains')
    assert.deepEqual(
      drains.map(({ labels }) => labels['pod']),
      ['hpdummy-2'],
    )
    assert.ok(largest(await read(life, 'Different settings')) >= 2)
  },

  'each step of a scenario is marked': async (life) => {
    const steps = await mark(life, 'Scenario')
    assert.deepEqual(
      new Set(steps.map(({ labels }) => `${labels['scenario']} ${labels['step']}`)),
      new Set(known.steps.map((step) => `wave ${step}`)),
    )
  },

  'a drain goes through its phases': async (life) => {
    const [phase] = await read(life, 'Phase', { pod: 'hpdummy-2' })
    const seen = [...new Set(phase?.points.map(({ value }) => phases[value]))]
    assert.deepEqual(seen.slice(0, 3), ['ready', 'notice', 'finishing'])
  },

  'servers that are not ours do not count': async (life) => {
    const everybody = 'sum(rate(http_server_request_duration_seconds_count[4s]))'
    assert.ok(largest(await life.prometheus.queryRange(everybody, life.span)) > strangerRate / 2)
    assert.ok(largest(await read(life, 'Requests')) < strangerRate / 2)
    const recorded = await life.prometheus.query('job_route:http_server_requests:rate5m')
    assert.deepEqual([...new Set(recorded.map(({ labels }) => labels['job']))], ['hpdummy-metrics'])
  },
}

interface Reading {
  readonly pod?: string
  readonly span?: Span
  readonly refId?: string
}

/** What the panel of that title shows, of all pods or one. */
async function read(
  life: Life,
  title: string,
  { pod, span = life.span, refId = 'A' }: Reading = {},
): Promise<readonly Series[]> {
  for (const dashboard of dashboards) {
    const panel = dashboard.panels.find((one) => one.title === title)
    const target = panel?.targets?.find((one) => one.refId === refId)
    if (target === undefined) continue
    const all = await chooseAll(life.prometheus, dashboard)
    const choice = pod === undefined ? all : { ...all, pod }
    return ask(life.prometheus, target, { choice, span })
  }
  throw new Error(`no dashboard has ${title} ${refId}`)
}

/** What the annotation of that name marks. */
async function mark({ prometheus, span }: Life, name: string): Promise<readonly Series[]> {
  const [dashboard = assert.fail()] = dashboards
  const target: Target | undefined = dashboard.annotations.list.find((one) => one.name === name)
  if (target === undefined) throw new Error(`there is no annotation ${name}`)
  const choice = await chooseAll(prometheus, dashboard)
  return ask(prometheus, target, { choice, span })
}

// One point at the end, with a rate over the whole time.
function inOneStep({ start, end }: Span): Span {
  return { start: end, end, step: Math.ceil(end - start) }
}

function largest(series: readonly Series[]): number {
  return Math.max(...series.flatMap(({ points }) => points.map(({ value }) => value)))
}

// rate() extends what it saw to the ends of its range, by up to a scrape at each.
function isAbout(actual: number, expected: number, tolerance: number): void {
  const isNear = Math.abs(actual - expected) <= expected * tolerance
  assert.ok(isNear, `${actual} is not about ${expected}`)
}
