import { type Metric, Registry, collectDefaultMetrics } from 'prom-client'

import { type Scalar, durationBuckets, readScalar, readSeries } from './slab.ts'

/** What the primary knows and the slabs do not. */
export interface Sources {
  readonly slabs: () => readonly SharedArrayBuffer[]
  /** Threads that serve; slabs are more, since those of workers long gone go on counting. */
  readonly workers: () => number
  readonly cpus: () => number
  /** Undefined where nothing limits it. */
  readonly memoryBytes: () => number | undefined
  /** Undefined where the kernel does not tell. */
  readonly throttling: () => Throttled | undefined
  readonly recycles: () => Readonly<Record<string, number>>
  readonly reloads: () => Reloads
  /** Undefined unless the API server is watched. */
  readonly configWatch: () => Watched | undefined
  /** Labels of the routes the slabs number. */
  readonly routes: readonly string[]
  readonly phase: () => number
}

/** What the kernel held the process back for using up its quota. */
export interface Throttled {
  readonly periods: number
  readonly throttledPeriods: number
  readonly throttledSeconds: number
}

/** How the watch of the ConfigMap stands. */
export interface Watched {
  readonly isConnected: boolean
  readonly reconnects: number
  /** Seconds since 1970. */
  readonly lastHeardAt: number
}

/** What became of the settings' reloads. */
export interface Reloads {
  readonly isSuccessful: boolean
  /** Seconds since 1970. */
  readonly successAt: number
  readonly isRestartRequired: boolean
  readonly hash: string
  readonly version: string
  readonly results: Readonly<Record<string, number>>
}

interface Value {
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  readonly metricName?: string
}

/** One metric: all that is known about it, so that a reader finds every name and label here. */
interface Row {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly values: (sources: Sources) => readonly Value[]
}

const duration = 'http_server_request_duration_seconds'

const rows: readonly Row[] = [
  {
    name: duration,
    type: 'histogram',
    help: 'Time from a request head to the end of its answer',
    values: durations,
  },
  {
    name: 'http_server_active_requests',
    type: 'gauge',
    help: 'Requests whose answer outlives the turn of the event loop they came in',
    values: (sources) => one(sum(sources, 'exchangesActive')),
  },
  {
    name: 'hpdummy_connections',
    type: 'gauge',
    help: 'Open connections; state websocket is part of state open',
    values: (sources) => [
      { labels: { listener: 'fast', state: 'open' }, value: sum(sources, 'connectionsOpen') },
      { labels: { listener: 'fast', state: 'websocket' }, value: sum(sources, 'webSocketsOpen') },
    ],
  },
  {
    name: 'hpdummy_connections_opened_total',
    type: 'counter',
    help: 'Connections accepted',
    values: (sources) => one(sum(sources, 'connectionsOpened'), { listener: 'fast' }),
  },
  {
    name: 'hpdummy_websocket_messages_total',
    type: 'counter',
    help: 'WebSocket messages received',
    values: (sources) => one(sum(sources, 'webSocketMessages')),
  },
  {
    name: 'hpdummy_bytes_total',
    type: 'counter',
    help: 'Bytes of request and response bodies',
    values: (sources) => [
      { labels: { direction: 'in' }, value: sum(sources, 'bytesIn') },
      { labels: { direction: 'out' }, value: sum(sources, 'bytesOut') },
    ],
  },
  {
    name: 'hpdummy_workers',
    type: 'gauge',
    help: 'Threads that serve traffic',
    values: ({ workers }) => one(workers()),
  },
  {
    name: 'hpdummy_drain_phase',
    type: 'gauge',
    help: '0 starting, 1 ready, 2 notice, 3 finishing, 4 stopped',
    values: ({ phase }) => one(phase()),
  },
  {
    name: 'hpdummy_cpu_quota_cores',
    type: 'gauge',
    help: 'Cores this process may use, by quota and affinity',
    values: ({ cpus }) => one(cpus()),
  },
  {
    name: 'hpdummy_memory_limit_bytes',
    type: 'gauge',
    help: 'Memory this process may use; absent without a limit',
    values: ({ memoryBytes }) => some(memoryBytes()),
  },
  {
    name: 'hpdummy_cpu_periods_total',
    type: 'counter',
    help: 'Periods of the CPU quota in which something ran',
    values: ({ throttling }) => some(throttling()?.periods),
  },
  {
    name: 'hpdummy_cpu_throttled_periods_total',
    type: 'counter',
    help: 'Periods of the CPU quota in which it was used up',
    values: ({ throttling }) => some(throttling()?.throttledPeriods),
  },
  {
    name: 'hpdummy_cpu_throttled_seconds_total',
    type: 'counter',
    help: 'Time threads waited for the next period of the CPU quota',
    values: ({ throttling }) => some(throttling()?.throttledSeconds),
  },
  {
    name: 'hpdummy_worker_recycles_total',
    type: 'counter',
    help: 'Workers replaced while serving',
    values: ({ recycles }) => byLabel('reason', recycles()),
  },
  {
    name: 'hpdummy_config_last_reload_successful',
    type: 'gauge',
    help: '1 when the settings as last seen are the ones applied',
    values: ({ reloads }) => one(Number(reloads().isSuccessful)),
  },
  {
    name: 'hpdummy_config_last_reload_success_timestamp_seconds',
    type: 'gauge',
    help: 'When settings were last applied or found unchanged',
    values: ({ reloads }) => one(reloads().successAt),
  },
  {
    name: 'hpdummy_config_reloads_total',
    type: 'counter',
    help: 'Looks at the settings, by what became of them',
    values: ({ reloads }) => byLabel('result', reloads().results),
  },
  {
    name: 'hpdummy_config_restart_required',
    type: 'gauge',
    help: '1 while a changed setting waits for a new process',
    values: ({ reloads }) => one(Number(reloads().isRestartRequired)),
  },
  {
    name: 'hpdummy_config_watch_connected',
    type: 'gauge',
    help: '1 while the API server has a watch of ours open; absent when it is not asked',
    values: ({ configWatch }) => some(configWatch()?.isConnected),
  },
  {
    name: 'hpdummy_config_watch_reconnects_total',
    type: 'counter',
    help: 'Watches of the ConfigMap that ended and were begun again',
    values: ({ configWatch }) => some(configWatch()?.reconnects),
  },
  {
    name: 'hpdummy_config_watch_last_heard_timestamp_seconds',
    type: 'gauge',
    help: 'When the API server last told anything of the ConfigMap',
    values: ({ configWatch }) => some(configWatch()?.lastHeardAt),
  },
  {
    name: 'hpdummy_config_info',
    type: 'gauge',
    help: 'Always 1; hash of the settings in effect and version of the program',
    values: ({ reloads }) => one(1, { hash: reloads().hash, version: reloads().version }),
  },
]

// Gauges of prom-client that are called like counters, which promtool refuses.
const misnamed = ['handles', 'requests', 'resources'].map((kind) => `nodejs_active_${kind}_total`)

/** The registry of /metrics: the workers' shared counters, read when scraped, and Node's own metrics. */
export function createRegistry(sources: Sources): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of misnamed) registry.removeSingleMetric(name)
  for (const { name, type, help, values } of rows) {
    // prom-client keeps its own numbers in its metrics; ours live in the slabs, so the registry gets
    // an object with the part of the interface it uses: a name, and get() at each scrape.
    const get = (): object => ({ name, help, type, values: values(sources), aggregator: 'sum' })
    registry.registerMetric({ name, get, reset: () => {} } as unknown as Metric)
  }
  return registry
}

function sum({ slabs }: Sources, scalar: Scalar): number {
  return slabs().reduce((total, slab) => total + readScalar(slab, scalar), 0)
}

function one(value: number, labels: Value['labels'] = {}): readonly Value[] {
  return [{ labels, value }]
}

function some(value: number | boolean | undefined): readonly Value[] {
  return value === undefined ? [] : one(Number(value))
}

function byLabel(label: string, counts: Readonly<Record<string, number>>): readonly Value[] {
  return Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value }))
}

function durations({ slabs, routes }: Sources): readonly Value[] {
  return [...mergeSeries(slabs()).values()].flatMap((series) => {
    const labels = {
      http_request_method: series.method,
      http_route: routes[series.route] ?? '_OTHER',
      http_response_status_code: series.status,
      listener: 'fast',
    }
    const values: Value[] = []
    let below = 0
    for (const [index, count] of series.counts.entries()) {
      below += count
      const le = durationBuckets[index] ?? '+Inf'
      const bucket: Value['labels'] = Object.assign({ le }, labels)
      values.push({ metricName: `${duration}_bucket`, labels: bucket, value: below })
    }
    values.push({ metricName: `${duration}_sum`, labels, value: series.sum })
    // Of the buckets and not the count beside them, which may be one observation ahead.
    values.push({ metricName: `${duration}_count`, labels, value: below })
    return values
  })
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
