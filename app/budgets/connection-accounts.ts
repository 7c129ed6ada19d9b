import { mostSeats } from './seats.ts'

/** Listeners that keep accounts of their connections. */
export const accountedListeners = ['fast', 'wire'] as const

export type AccountedListener = (typeof accountedListeners)[number]

/**
 * Who ended a connection first. `origin` is any end from our side that is none of the others: the client asked for it
 * with Connection: close, a fault, or an answer after which it is unknown where the next request begins.
 */
export const closers = [
  'client_fin',
  'client_rst',
  'client_goaway',
  'idle_timeout',
  'request_limit',
  'drain',
  'origin',
] as const

export type Closer = (typeof closers)[number]

// Upper bounds of the buckets; one more is for all above.
const requestBounds = [0, 1, 2, 5, 10, 100, 1000, 10_000]
const timeBounds = [1, 10, 100, 1000, 10_000, 60_000, 600_000, 3_600_000]
const histogramCells = 2 + timeBounds.length + 1

const openedAt = 0
const closedAt = 1
const lostAt = 2
const closersAt = 3
const requestsAt = closersAt + closers.length
const lifetimesAt = requestsAt + histogramCells
const idleAt = lifetimesAt + histogramCells
const accountCells = idleAt + histogramCells

/** Zeroed memory for the accounts of all workers; the kernel allocates a page when it is first written to. */
export function createAccountCells(): SharedArrayBuffer {
  const accounts = mostSeats * accountedListeners.length
  return new SharedArrayBuffer(accounts * accountCells * Float64Array.BYTES_PER_ELEMENT)
}

/** A connection that is over. */
export interface EndedConnection {
  readonly by: Closer
  readonly requests: number
  readonly lifetimeMs: number
}

/** Where one listener of one worker, the only writer, keeps the account of its connections. */
export class ConnectionAccount {
  readonly #cells: Float64Array

  constructor(memory: SharedArrayBuffer, seat: number, listener: AccountedListener) {
    this.#cells = cellsOf(memory, seat, listener)
  }

  opened(): void {
    this.#add(openedAt, 1)
  }

  /** A connection has ended, and nothing more is known about it. */
  closed(): void {
    this.#add(closedAt, 1)
  }

  /** A connection has ended. */
  ended({ by, requests, lifetimeMs }: EndedConnection): void {
    this.closed()
    this.#add(closersAt + closers.indexOf(by), 1)
    this.#observe(requestsAt, requestBounds, requests)
    this.#observe(lifetimesAt, timeBounds, lifetimeMs)
  }

  /** A connection was idle for this long before its next request. */
  idled(ms: number): void {
    this.#observe(idleAt, timeBounds, ms)
  }

  /** A request came after we had ended its connection and gets no answer: the keep-alive race (RFC 9112 9.3.1). */
  lost(): void {
    this.#add(lostAt, 1)
  }

  #observe(at: number, bounds: readonly number[], value: number): void {
    const above = bounds.findIndex((bound) => value <= bound)
    this.#add(at + 2 + (above === -1 ? bounds.length : above), 1)
    this.#add(at, value)
    this.#cells[at + 1] = Math.max(this.#cells[at + 1] ?? 0, value)
  }

  #add(at: number, amount: number): void {
    this.#cells[at] = (this.#cells[at] ?? 0) + amount
  }
}

/** The worker of a seat is gone, and with it the connections whose end it had not reported. */
export function settleAccounts(memory: SharedArrayBuffer, seat: number): void {
  for (const listener of accountedListeners) {
    const cells = cellsOf(memory, seat, listener)
    cells[closedAt] = cells[openedAt] ?? 0
  }
}

/** A small histogram; `up_to` null is all above. */
export interface HistogramReport {
  readonly count: number
  /** Null with a count of 0. */
  readonly mean: number | null
  readonly max: number | null
  readonly buckets: readonly { readonly up_to: number | null; readonly count: number }[]
}

/** What is known about a listener's connections; null is what it cannot know. */
export interface ListenerConnections {
  readonly open: number
  readonly opened: number
  readonly closed: number
  readonly closed_first_by: Readonly<Record<Closer, number>> | null
  readonly lost_requests: number | null
  readonly requests_per_connection: HistogramReport | null
  readonly lifetime_ms: HistogramReport | null
  readonly idle_ms: HistogramReport | null
}

export type ConnectionReport = Readonly<Record<AccountedListener, ListenerConnections>>

/** The accounts of all workers together, including those that are gone. */
export function reportConnections(memory: SharedArrayBuffer): ConnectionReport {
  return {
    // The engine does not report which of its connections has ended, nor which one a request came on.
    fast: {
      ...countsOf(summed(memory, 'fast')),
      closed_first_by: null,
      lost_requests: null,
      requests_per_connection: null,
      lifetime_ms: null,
      idle_ms: null,
    },
    wire: wireReport(summed(memory, 'wire')),
  }
}

function wireReport(cells: Float64Array): ListenerConnections {
  const by = closers.map((closer, index) => [closer, cells[closersAt + index] ?? 0] as const)
  return {
    ...countsOf(cells),
    closed_first_by: Object.fromEntries(by) as Record<Closer, number>,
    lost_requests: cells[lostAt] ?? 0,
    requests_per_connection: histogramOf(cells, requestsAt, requestBounds),
    lifetime_ms: histogramOf(cells, lifetimesAt, timeBounds),
    idle_ms: histogramOf(cells, idleAt, timeBounds),
  }
}

function countsOf(cells: Float64Array): Pick<ListenerConnections, 'open' | 'opened' | 'closed'> {
  const [opened = 0, closed = 0] = [cells[openedAt], cells[closedAt]]
  // Other threads write while this reads.
  return { open: Math.max(0, opened - closed), opened, closed }
}

function histogramOf(cells: Float64Array, at: number, bounds: readonly number[]): HistogramReport {
  const buckets = [...bounds, null].map((bound, index) => ({
    up_to: bound,
    count: cells[at + 2 + index] ?? 0,
  }))
  const count = buckets.reduce((sum, bucket) => sum + bucket.count, 0)
  const [sum = 0, max = 0] = [cells[at], cells[at + 1]]
  return {
    count,
    mean: count === 0 ? null : rounded(sum / count),
    max: count === 0 ? null : rounded(max),
    buckets,
  }
}

function summed(memory: SharedArrayBuffer, listener: AccountedListener): Float64Array {
  const total = new Float64Array(accountCells)
  const maxima = new Set([requestsAt, lifetimesAt, idleAt].map((at) => at + 1))
  for (let seat = 0; seat < mostSeats; seat++) {
    const cells = cellsOf(memory, seat, listener)
    for (let at = 0; at < accountCells; at++) {
      const [before = 0, here = 0] = [total[at], cells[at]]
      total[at] = maxima.has(at) ? Math.max(before, here) : before + here
    }
  }
  return total
}

function cellsOf(
  memory: SharedArrayBuffer,
  seat: number,
  listener: AccountedListener,
): Float64Array {
  const index = seat * accountedListeners.length + accountedListeners.indexOf(listener)
  const bytes = accountCells * Float64Array.BYTES_PER_ELEMENT
  return new Float64Array(memory, index * bytes, accountCells)
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
