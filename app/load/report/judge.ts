import { type MetricName, type Threshold, isCrossed, metrics } from '../plan/thresholds.ts'
import type { Judgement, LoadReport } from './load-report.ts'

type Facts = Omit<LoadReport, 'thresholds'>

const readers: Readonly<Record<MetricName, (report: Facts) => number | null | undefined>> = {
  p50: ({ latency }) => latency.from_intended_start?.p50_ms,
  p75: ({ latency }) => latency.from_intended_start?.p75_ms,
  p90: ({ latency }) => latency.from_intended_start?.p90_ms,
  p95: ({ latency }) => latency.from_intended_start?.p95_ms,
  p99: ({ latency }) => latency.from_intended_start?.p99_ms,
  'p99.9': ({ latency }) => latency.from_intended_start?.p999_ms,
  mean: ({ latency }) => latency.from_intended_start?.mean_ms,
  max: ({ latency }) => latency.from_intended_start?.max_ms,
  'actual.p99': ({ latency }) => latency.from_actual_start?.p99_ms,
  'lag.p99': ({ latency }) => latency.client_lag?.p99_ms,
  'origin.p99': ({ latency }) => latency.origin?.p99_ms,
  'path.p99': ({ latency }) => latency.path?.p99_ms,
  rate: ({ rate }) => rate,
  failed: ({ requests }) => requests.errors + requests.refused,
  errors: ({ requests }) => requests.errors,
  unsent: ({ requests }) => requests.unsent,
  lost: ({ ledger }) => ledger?.lost,
  duplicated: ({ ledger }) => ledger?.duplicated,
  aborted: ({ ledger }) => ledger?.aborted,
  headroom: ({ origin }) => origin?.headroom_least,
}

/** What came of each threshold. */
export function judge(thresholds: readonly Threshold[], report: Facts): readonly Judgement[] {
  return thresholds.map((threshold) => {
    const { text, metric } = threshold
    const figure = readers[metric](report) ?? null
    const { sent, unsent } = report.requests
    const isPart = threshold.isShare && metrics[metric].unit === 'count'
    // Of what was due: a share of what was sent would leave out what could not be.
    const value = figure !== null && isPart ? figure / Math.max(1, sent + unsent) : figure
    return { text, value, crossed: value === null ? null : isCrossed(threshold, value) }
  })
}

/** The exit code: 1 when a threshold was crossed, 3 when the evidence for one could not be had, or for all of it. */
export function exitCodeOf({ thresholds, requests, unknown }: LoadReport): number {
  if (thresholds.some(({ crossed }) => crossed === true)) return 1
  const isBlind = thresholds.some(({ crossed }) => crossed === null) || unknown.length > 0
  return isBlind || requests.answered === 0 ? 3 : 0
}
