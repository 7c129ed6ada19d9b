import { type RecordableHistogram, createHistogram } from 'node:perf_hooks'

/** The times of requests, in whole microseconds, each in a histogram of three digits (HDR, Gil Tene's). */
export interface Times {
  /** From the intended start to the end of the answer: what a client that keeps its schedule feels. */
  readonly intended: RecordableHistogram
  /** From the moment the request was sent. */
  readonly actual: RecordableHistogram
  /** How late the client itself sent it: a thread that was busy. */
  readonly lag: RecordableHistogram
  /** What the origin says that it took (Server-Timing). */
  readonly origin: RecordableHistogram
  /** The rest of `actual`, where the origin said its part. */
  readonly path: RecordableHistogram
  /** `intended` of the second that runs, and of the one that is over, in turn. */
  readonly seconds: readonly [RecordableHistogram, RecordableHistogram]
}

/** An hour; what takes longer is counted as an hour. */
const longestUs = 3_600_000_000

/** A histogram of times from 1 us to an hour, exact to 0.1 %. Threads share it when it is posted (a mutex guards it). */
export function createTimes(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: longestUs, figures: 3 })
}

/** Records milliseconds. */
export function recordMs(histogram: RecordableHistogram, ms: number): void {
  histogram.record(Math.min(longestUs, Math.max(1, Math.round(ms * 1000))))
}

/** Why a request got no whole answer; the words of reports. */
export type ErrorKind = string

// A system has some 130 error codes, and a proxy cannot make up more.
const mostKinds = 64

/** What one thread counts. */
export class Tally {
  readonly times: Times = {
    intended: createTimes(),
    actual: createTimes(),
    lag: createTimes(),
    origin: createTimes(),
    path: createTimes(),
    seconds: [createTimes(), createTimes()],
  }
  readonly statuses = new Map<number, number>()
  readonly errors = new Map<ErrorKind, number>()
  sent = 0
  answered = 0
  /** Answers with a status of 400 or more. */
  refused = 0
  failed = 0
  bytesRead = 0
  connections = 0
  /** Requests that were due while all connections were in use. */
  waited = 0
  #second: 0 | 1 = 0

  /** A whole answer. */
  answer(status: number, { dueMs, sentMs, readyMs, nowMs }: Moments): void {
    this.answered++
    if (status >= 400) this.refused++
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
    this.#record({ dueMs, sentMs, readyMs, nowMs })
  }

  /** No whole answer. One that was waited for in vain counts with the time it was waited for. */
  fail(kind: ErrorKind, moments: Moments): void {
    this.failed++
    const known = this.errors.has(kind) || this.errors.size < mostKinds ? kind : 'other'
    this.errors.set(known, (this.errors.get(known) ?? 0) + 1)
    if (kind === timeoutKind) this.#record(moments)
  }

  /** The origin's own part of an answer that took `actualMs`. */
  noteOrigin(originMs: number, actualMs: number): void {
    recordMs(this.times.origin, originMs)
    recordMs(this.times.path, actualMs - originMs)
  }

  /** Begins the next second's histogram, and gives the one that is over; whoever reads it clears it. */
  turnSecond(): 0 | 1 {
    const over = this.#second
    this.#second = over === 0 ? 1 : 0
    return over
  }

  #record({ dueMs, sentMs, readyMs, nowMs }: Moments): void {
    recordMs(this.times.intended, nowMs - dueMs)
    recordMs(this.times.seconds[this.#second], nowMs - dueMs)
    recordMs(this.times.actual, nowMs - sentMs)
    recordMs(this.times.lag, sentMs - Math.max(dueMs, readyMs))
  }
}

/** The kind of a request whose answer did not come in time. */
export const timeoutKind = 'timeout'

/** The moments of one request, in milliseconds of one clock. */
export interface Moments {
  /** When the schedule wanted it sent. */
  readonly dueMs: number
  /** When a connection was free for it. */
  readonly readyMs: number
  readonly sentMs: number
  readonly nowMs: number
}

const part = /(?:^|[,\s])(queue|work)\s*;\s*dur=(\d+(?:\.\d+)?)/g

/** Milliseconds that the origin says it took: the time a request waited there and was worked on. Undefined: it says nothing. */
export function originTimeMs(serverTiming: string): number | undefined {
  if (serverTiming === '') return undefined
  let sum: number | undefined
  for (const [, , ms] of serverTiming.matchAll(part)) sum = (sum ?? 0) + Number(ms)
  return sum
}
