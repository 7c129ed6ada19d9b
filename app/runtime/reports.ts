import type { Logger } from '../telemetry/log.ts'
import type { Stats, StatsPage } from './admin/stats.ts'

/** What is reported, where, and how often; 0 is never. */
export interface ReportsOptions {
  readonly stats: Stats
  readonly log: Logger
  readonly intervalMs: () => number
}

const nowAndThen = [
  'memory_rss_mb',
  'memory_heap_mb',
  'memory_heap_limit_mb',
  'num_gc',
  'gc_pause_total_ms',
  'gc_pause_last_ms',
  'event_loop_delay_p99_ms',
]

const atTheEnd = [
  'uptime_seconds',
  'total_requests',
  'success_count',
  'error_count',
  'rejected_count',
  'num_gc',
  'gc_pause_total_ms',
  'memory_rss_mb',
]

/** Log lines about the process: memory and garbage collection at intervals, the totals at the end. */
export class Reports {
  readonly #options: ReportsOptions
  readonly #leave: () => void
  #reportedAt = performance.now()

  constructor(options: ReportsOptions) {
    this.#options = options
    this.#leave = options.stats.subscribe(() => this.#look())
  }

  /** The last line: the totals. */
  end(): void {
    this.#leave()
    const { stats, log } = this.#options
    const page = stats.refresh()
    log.info(pick(page, atTheEnd), 'final statistics')
  }

  // Checked once a second, so that a change of the interval counts at once.
  #look(): void {
    const { stats, log, intervalMs } = this.#options
    const interval = intervalMs()
    const now = performance.now()
    // Before a worker has begun there is no heap to report.
    if (stats.page['phase'] === 'starting') return
    if (interval === 0 || now - this.#reportedAt < interval) return
    this.#reportedAt = now
    log.info(pick(stats.page, nowAndThen), 'memory')
  }
}

function pick(page: StatsPage, names: readonly string[]): object {
  return Object.fromEntries(names.map((name) => [name, page[name]]))
}
