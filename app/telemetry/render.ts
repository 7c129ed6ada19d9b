import { type Metric, Registry, collectDefaultMetrics } from 'prom-client'

import { type Scalar, durationBuckets, readScalar, readSeries } from './slab.ts'

/** What the primary knows and the slabs do not. */
export interface Sources {
  readonly slabs: () => readonly SharedArrayBuffer[]
  /** Labels of the routes the slabs number. */
  readonly routes: readonly string[]
  readonly phase: () => number
}

type Kind = 'counter' | 'gauge' | 'histogram'
type Value = { labels: Record<string, string | number>; value: number; metricName?: string }

/** The registry of /metrics: the workers' shared counters, read when scraped, and Node's own metrics. */
export function createRegistry(sources: Sources): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const add = (name: string, kind: Kind, help: string, values: () => Value[]): void => {
    // prom-client keeps its own numbers in its metrics; ours live in the slabs, so the registry gets
    // an object with the part of the interface it uses: a name, and get() at each scrape.
    const get = (): object => ({ name, help, type: kind, values: values(), aggregator: 'sum' })
    registry.registerMetric({ name, get, reset: () => {} } as unknown as Metric)
  }
  const sum = (scalar: Scalar): number =>
    sources.slabs().reduce((total, slab) => total + readScalar(slab, scalar), 0)
  const one = (value: number, labels: Value['labels'] = {}): Value[] => [{ labels, value }]

  add(
    'http_server_request_duration_seconds',
    'histogram',
    'Time from a request head to the end of its answer',
    () => durations(sources),
  )
  add(
    'http_server_active_requests',
    'gauge',
    'Requests whose answer outlives the turn they came in',
    () => one(sum('exchangesActive')),
  )
  add('hpdummy_connections', 'gauge', 'Open connections', () => [
    { labels: { listener: 'fast', state: 'open' }, value: sum('connectionsOpen') },
    { labels: { listener: 'fast', state: 'websocket' }, value: sum('webSocketsOpen') },
  ])
  add('hpdummy_connections_opened_total', 'counter', 'Connections accepted', () =>
    one(sum('connectionsOpened'), { listener: 'fast' }),
  )
  add('hpdummy_websocket_messages_total', 'counter', 'WebSocket messages received', () =>
    one(sum('webSocketMessages')),
  )
  add('hpdummy_bytes_total', 'counter', 'Bytes of request and response bodies', () => [
    { labels: { direction: 'in' }, value: sum('bytesIn') },
    { labels: { direction: 'out' }, value: sum('bytesOut') },
  ])
  add('hpdummy_workers', 'gauge', 'Threads that serve traffic', () => one(sources.slabs().length))
  add('hpdummy_drain_phase', 'gauge', '0 starting, 1 ready, 2 notice, 3 finishing, 4 stopped', () =>
    one(sources.phase()),
  )
  return registry
}

function durations({ slabs, routes }: Sources): Value[] {
  const name = 'http_server_request_duration_seconds'
  return [...mergeSeries(slabs()).values()].flatMap(
    ({ route, method, status, count, sum, counts }) => {
      const labels = {
        http_request_method: method,
        http_route: routes[route] ?? '_OTHER',
        http_response_status_code: status,
        listener: 'fast',
      }
      let below = 0
      const buckets = [...durationBuckets, '+Inf'].map((le, index) => {
        below += counts[index] ?? 0
        return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: below }
      })
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: count },
      ]
    },
  )
}

type Series = ReturnType<typeof readSeries>[number]

function mergeSeries(slabs: readonly SharedArrayBuffer[]): ReadonlyMap<string, Series> {
  const merged = new Map<string, Series>()
  for (const series of slabs.flatMap((slab) => readSeries(slab))) {
    const key = `${series.route} ${series.method} ${series.status}`
    const known = merged.get(key)
    merged.set(key, known === undefined ? series : addSeries(known, series))
  }
  return merged
}

function addSeries(a: Series, b: Series): Series {
  const counts = a.counts.map((value, index) => value + (b.counts[index] ?? 0))
  return { ...a, count: a.count + b.count, sum: a.sum + b.sum, counts }
}
