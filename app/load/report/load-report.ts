import type { Threshold } from '../plan/thresholds.ts'
import type { Step } from '../timeline.ts'

/** Times of requests, in milliseconds. */
export interface TimeFigures {
  readonly count: number
  readonly min_ms: number
  readonly mean_ms: number
  readonly p50_ms: number
  readonly p75_ms: number
  readonly p90_ms: number
  readonly p95_ms: number
  readonly p99_ms: number
  readonly p999_ms: number
  readonly max_ms: number
}

/** A share of the requests, and the time that so many took at most. */
export type Percentile = readonly [percent: number, ms: number]

/** What the ledger knows of the run beside what was sent. */
export interface LedgerSums {
  readonly sent: number
  /** Ids that arrived. */
  readonly arrived: number
  readonly once: number
  readonly duplicated: number
  /** Ids that did not arrive. Null when the ledger has dropped records, so that a missing id may have come. */
  readonly lost: number | null
  readonly aborted: number
  readonly dropped: number
}

/** The origin's own numbers, from its admin port. */
export interface OriginFigures {
  /** The least of all seconds of the run; null when it did not say. */
  readonly headroom_least: number | null
  readonly headroom_note: string | null
  /** Requests that it completed between the first and the last look. */
  readonly completed: number | null
  readonly errors: number | null
  readonly rejected: number | null
  /** The highest of all seconds. */
  readonly p99_latency_ms: number | null
  readonly queue_depth: number | null
}

export type Bottleneck = 'client' | 'origin' | 'path' | 'none' | 'unknown'

/** Who held the load back, and the figures that say so. */
export interface Verdict {
  readonly bottleneck: Bottleneck
  /** Sentences, the most important first. */
  readonly why: readonly string[]
}

/** Whether a threshold was crossed; null when its figure could not be had. */
export interface Judgement {
  readonly text: Threshold['text']
  readonly value: number | null
  readonly crossed: boolean | null
}

/** All that is known of a run: what --json prints. */
export interface LoadReport {
  readonly version: string
  readonly url: string
  readonly run: string | null
  readonly started_at: string
  /** Whether it was ended early, by Ctrl-C. */
  readonly interrupted: boolean
  readonly schedule: {
    readonly kind: 'open' | 'closed'
    /** Requests that the schedule has; null for a closed loop. */
    readonly asked: number | null
    readonly connections: number
    readonly streams: number | null
    readonly http_version: '1.1' | '2'
    readonly workers: number
  }
  readonly duration_seconds: number
  readonly requests: {
    readonly sent: number
    readonly answered: number
    /** Answers of 400 or more. */
    readonly refused: number
    /** Without a whole answer. */
    readonly errors: number
    /** Due and never sent. */
    readonly unsent: number
    /** Sent late, because all connections were in use. */
    readonly waited: number
  }
  /** Answers a second. */
  readonly rate: number
  /** What the schedule asked for on average; null for a closed loop. */
  readonly rate_asked: number | null
  readonly bytes_read: number
  readonly connections_opened: number
  readonly latency: {
    readonly from_intended_start: TimeFigures | null
    readonly from_actual_start: TimeFigures | null
    readonly client_lag: TimeFigures | null
    readonly origin: TimeFigures | null
    readonly path: TimeFigures | null
  }
  readonly percentiles: {
    readonly from_intended_start: readonly Percentile[]
    readonly from_actual_start: readonly Percentile[]
  }
  readonly statuses: Readonly<Record<string, number>>
  readonly errors: Readonly<Record<string, number>>
  /** Share of the time in which the busiest thread had something to do. */
  readonly client_busy: number
  readonly origin: OriginFigures | null
  readonly ledger: LedgerSums | null
  readonly verdict: Verdict
  readonly thresholds: readonly Judgement[]
  /** What could not be had, and why. */
  readonly unknown: readonly string[]
  readonly timeline: readonly Step[]
}
