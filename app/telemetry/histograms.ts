import { bodyBuckets, durationBuckets } from './buckets.ts'
import type { Exemplars } from './exemplars.ts'
import { type ListenerLabel, listenerLabels, statusLabel } from './slab-layout.ts'
import { readBodies, readScalar, readSeries } from './slab-reader.ts'

/** One sample as prom-client writes it; `metricName` where it is not the metric's own. */
export interface Value {
  readonly exemplar?: {
    readonly labelSet: Readonly<Record<string, string>>
    readonly value: number
    /** Seconds since 1970. */
    readonly timestamp: number
  }
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  readonly metricName?: string
}

/** The histogram of how long answers take. */
export const durationName = 'http_server_request_duration_seconds'

/** How long answers took, by route, method and status, over all slabs; `routes` are the labels. */
export function durations(
  slabs: readonly SharedArrayBuffer[],
  routes: readonly string[],
  exemplars: Exemplars,
): readonly Value[] {
  const answers = [...mergeSeries(slabs).values()].filter(({ listener }) => listener !== 'grpc')
  return answers.flatMap((series) => {
    const labels = {
      http_request_method: series.method,
      http_route: routes[series.route] ?? '_OTHER',
      http_response_status_code: statusLabel(series.status),
      listener: series.listener,
      injected: String(series.isInjected),
    }
    const buckets = { bounds: durationBuckets, counts: series.counts, sum: series.sum }
    return histogram(durationName, labels, buckets).map((value, index) => {
      const exemplar = exemplars.find({ ...series, route: labels.http_route }, index)
      if (exemplar === undefined || index >= series.counts.length) return value
      const { seconds, traceId, spanId, at } = exemplar
      const labelSet = { trace_id: traceId, span_id: spanId }
      const example = { exemplar: { labelSet, value: seconds, timestamp: at } }
      return Object.assign(example, value)
    })
  })
}

/** The histogram of how long calls take. */
export const callDurationName = 'rpc_server_call_duration_seconds'

/** How long calls took, by method and status, over all slabs; `methods` are the labels. */
export function callDurations(
  slabs: readonly SharedArrayBuffer[],
  methods: readonly string[],
  statusName: (code: number) => string,
): readonly Value[] {
  const calls = [...mergeSeries(slabs).values()].filter(({ listener }) => listener === 'grpc')
  return calls.flatMap(({ route, status, isInjected, counts, sum }) => {
    const labels = {
      listener: 'grpc',
      injected: String(isInjected),
      rpc_system_name: 'grpc',
      rpc_method: methods[route] ?? '_OTHER',
      rpc_response_status_code: statusName(status),
    }
    return histogram(callDurationName, labels, { bounds: durationBuckets, counts, sum })
  })
}

// Listeners without requests and answers: TCP and UDP.
const bodyless: ReadonlySet<ListenerLabel> = new Set(['tcp', 'udp'])

/** How large bodies were, by listener, over all slabs. */
export function bodySizes(
  slabs: readonly SharedArrayBuffer[],
  what: 'request' | 'response',
): readonly Value[] {
  return listenerLabels
    .filter((listener) => !bodyless.has(listener))
    .flatMap((listener) => bodySizesOf(slabs, what, listener))
}

function bodySizesOf(
  slabs: readonly SharedArrayBuffer[],
  what: 'request' | 'response',
  listener: ListenerLabel,
): readonly Value[] {
  const [direction, bytes] =
    what === 'request' ? (['in', 'bodyBytesIn'] as const) : (['out', 'bodyBytesOut'] as const)
  const counts = slabs
    .map((slab) => readBodies(slab, direction, listener))
    .reduce<readonly number[]>((sum, next) => next.map((count, at) => count + (sum[at] ?? 0)), [])
  const sum = slabs.reduce((total, slab) => total + readScalar(slab, bytes, listener), 0)
  const name = `http_server_${what}_body_size_bytes`
  return histogram(name, { listener }, { bounds: bodyBuckets, counts, sum })
}

interface Buckets {
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly sum: number
}

function histogram(
  name: string,
  labels: Value['labels'],
  { bounds, counts, sum }: Buckets,
): readonly Value[] {
  const values: Value[] = []
  let below = 0
  for (const [index, count] of counts.entries()) {
    below += count
    const bucket: Value['labels'] = Object.assign({ le: bounds[index] ?? '+Inf' }, labels)
    values.push({ metricName: `${name}_bucket`, labels: bucket, value: below })
  }
  values.push({ metricName: `${name}_sum`, labels, value: sum })
  // Of the buckets and not the count beside them, which may be one observation ahead.
  values.push({ metricName: `${name}_count`, labels, value: below })
  return values
}

type Series = ReturnType<typeof readSeries>[number]

function mergeSeries(slabs: readonly SharedArrayBuffer[]): ReadonlyMap<string, Series> {
  const merged = new Map<string, Series>()
  for (const series of slabs.flatMap((slab) => readSeries(slab))) {
    const { listener, route, method, status, isInjected } = series
    const key = `${listener} ${route} ${method} ${status} ${isInjected}`
    const known = merged.get(key)
    merged.set(key, known === undefined ? series : addSeries(known, series))
  }
  return merged
}

function addSeries(a: Series, b: Series): Series {
  const counts = a.counts.map((value, index) => value + (b.counts[index] ?? 0))
  return { ...a, count: a.count + b.count, sum: a.sum + b.sum, counts }
}
