import type { StatsPage } from './stats.ts'

// What the charts of the dashboard draw. Anything else of the past is in Prometheus.
const names = [
  'uptime_seconds',
  'requests_per_sec',
  'p50_latency_us',
  'p99_latency_us',
  'real_errors_per_sec',
  'injected_errors_per_sec',
  'asked_errors_per_sec',
  'queue_depth',
  'rejected_per_sec',
  'active_requests',
  'active_connections',
  'bytes_in_per_sec',
  'bytes_out_per_sec',
  'cpu_usage_percent',
  'cpu_quota',
  'throttled_percent',
  'headroom_ratio',
  'event_loop_delay_p99_ms',
  'memory_rss_mb',
  'memory_heap_mb',
] as const

const workerNames = ['worker', 'event_loop_utilization', 'gc_pause_ms_per_sec'] as const

type Value = number | string | boolean | null

/** One second: when it ended, in milliseconds of a clock that only goes forward, and its numbers in the order of the names. */
export interface HistoryPoint {
  readonly at: number
  readonly values: readonly Value[]
  readonly workers: readonly (readonly Value[])[]
}

/** The seconds that are kept, oldest first; `now` is by the clock of the points. */
export interface HistoryPage {
  readonly now: number
  readonly names: readonly string[]
  readonly worker_names: readonly string[]
  readonly points: readonly HistoryPoint[]
}

/** How many seconds are kept: five minutes, some 100 KiB with two workers. */
export const historyPoints = 300

/** The last five minutes, so that charts begin with them. */
export class History {
  #points: readonly HistoryPoint[] = []

  /** A second is over. */
  add(page: StatsPage, at: number): void {
    const point = {
      at,
      values: names.map((name) => page[name] ?? null),
      workers: page.workers_detail.map((worker) => workerNames.map((name) => worker[name])),
    }
    this.#points = [...this.#points.slice(1 - historyPoints), point]
  }

  /** All of it. */
  page(now: number): HistoryPage {
    return { now, names, worker_names: workerNames, points: this.#points }
  }
}
