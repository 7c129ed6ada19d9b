// PromQL of the dashboards. Every query looks at the pods chosen at the top and no others: the names of the
// request metrics are OpenTelemetry's, and other servers of the cluster have them, too.
import type { Endpoint } from '../../../app/endpoints/endpoint.ts'
import { nousage } from '../../../app/endpoints/http/nousage.ts'
import { httpRows } from '../../../app/endpoints/table.ts'

const chosen = 'cluster=~"$cluster",namespace=~"$namespace",job=~"$job",pod=~"$pod"'

/** The duration histogram, from which requests are counted too. */
const durations = 'http_server_request_duration_seconds'

/** Series of a metric, of the chosen pods; `matchers` narrow it further: `direction="in"`. */
export function series(name: string, ...matchers: readonly string[]): string {
  return `${name}{${[chosen, ...matchers].join(',')}}`
}

/** How fast a counter grows. */
export function rate(name: string, ...matchers: readonly string[]): string {
  return `rate(${series(name, ...matchers)}[$__rate_interval])`
}

/** How much a counter grew since the point before. */
export function increase(name: string, ...matchers: readonly string[]): string {
  return `increase(${series(name, ...matchers)}[$__rate_interval])`
}

/** Requests a second. */
export function requests(...matchers: readonly string[]): string {
  return rate(`${durations}_count`, ...matchers)
}

/** Requests by how long they took, for a heatmap. */
export function durationBuckets(): string {
  return `sum by (le) (${increase(`${durations}_bucket`)})`
}

/** A quantile of how long requests took, for each of `by`, which may be empty. */
export function duration(quantile: number, by: string, ...matchers: readonly string[]): string {
  return quantileOf(durations, quantile, { by, matchers })
}

/** A quantile of any histogram. */
export function quantileOf(
  name: string,
  quantile: number,
  { by = '', matchers = [] }: { readonly by?: string; readonly matchers?: readonly string[] } = {},
): string {
  const labels = by === '' ? 'le' : `${by}, le`
  const buckets = rate(`${name}_bucket`, ...matchers)
  return `histogram_quantile(${quantile}, sum by (${labels}) (${buckets}))`
}

/** Share of the periods of its CPU quota in which a pod used it up; nothing for pods without one. */
export const throttledShare = [
  rate('hpdummy_cpu_throttled_periods_total'),
  `(${rate('hpdummy_cpu_periods_total')} > 0)`,
].join(' / ')

/** CPU used of what the pod may use. */
export const cpuShare = `${rate('process_cpu_seconds_total')} / ${series('hpdummy_cpu_quota_cores')}`

/** Adds up by labels, or everything into one. */
export function sum(by: string, query: string): string {
  return by === '' ? `sum(${query})` : `sum by (${by}) (${query})`
}

/** 0 where there is nothing, so that a panel of errors says that there were none. */
export function orZero(query: string): string {
  return `(${query} or vector(0))`
}

// Of these the status is what the client asked for; /nousage breaks its body and says 200.
const statusRows = httpRows.filter(({ parameters }) => 'code' in parameters)

// What takes as long as the client said has a parameter that says how long.
const timeNames = new Set(['ms', 'readDelayMs', 'delay', 'duration', 'interval', 'ttft', 'itl'])
const timedRows = httpRows.filter(({ parameters }) => {
  return Object.keys(parameters).some((name) => timeNames.has(name))
})

// Where a fault was done to the exchange: whatever came of it says nothing of the origin.
const injected = 'injected="true"'
const notInjected = 'injected!="true"'

/** Matchers of what was asked for, by the route or as a fault, and says nothing of the origin; the rest is its own. */
export const asked = {
  injected,
  notInjected,
  status: `${notInjected},${route('=~', statusRows)}`,
  noStatus: `${notInjected},${route('!~', statusRows)}`,
  time: `${notInjected},${route('=~', timedRows)}`,
  noTime: `${notInjected},${route('!~', timedRows)}`,
  brokenBody: route('=~', [nousage]),
} as const

/** Matchers of statuses; 501 says which listener can do what the client asked for, so the client is to blame. */
export const statuses = {
  failed: 'http_response_status_code=~"[45].."',
  clientFailed: 'http_response_status_code=~"4..|501"',
  serverFailed: 'http_response_status_code=~"5..",http_response_status_code!="501"',
} as const

function route(operator: '=~' | '!~', rows: readonly Endpoint[]): string {
  // In brackets, which need no escapes in PromQL's strings nor in JSON's.
  const paths = rows.map(({ path }) => path.replaceAll(/[{}?]/g, '[$&]'))
  return `http_route${operator}"${paths.join('|')}"`
}
