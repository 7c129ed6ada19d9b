import { isFailure, statusLabel } from '../../telemetry/slab-layout.ts'
import type { Series } from '../../telemetry/slab-reader.ts'
import { round } from './worker-stats.ts'

/** What the labels of series mean, and which rows let a client choose the status. */
export interface AnswerNames {
  readonly routes: readonly string[]
  readonly calls: readonly string[]
  readonly callStatus: (code: number) => string
  /** Rows of `routes` that answer with the status a client asks for. */
  readonly asked: ReadonlySet<string>
}

/** Failures by their cause; together they are all failures. */
export interface Failures {
  /** Nobody asked for them. */
  readonly real: number
  /** By a fault (label `injected`). */
  readonly injected: number
  /** By an endpoint whose client names the status, such as /status/503. */
  readonly asked: number
}

/** Answers that have something in common; rates and times are of the last second. */
export interface AnsweredRow {
  readonly name: string
  /** Why a status came, when it was on purpose. */
  readonly cause?: 'injected' | 'asked'
  readonly total: number
  readonly per_sec: number
  readonly avg_us: number | null
  readonly errors: Failures
}

/** What was answered since the start, three ways. */
export interface AnsweredPage {
  readonly listeners: readonly AnsweredRow[]
  readonly statuses: readonly AnsweredRow[]
  readonly endpoints: readonly AnsweredRow[]
}

interface Tally extends Failures {
  readonly name: string
  readonly cause: AnsweredRow['cause'] | undefined
  readonly count: number
  readonly seconds: number
}

type Tallies = ReadonlyMap<string, Tally>

/** All answers up to a moment. */
export interface Answered {
  readonly all: Tally
  readonly listeners: Tallies
  readonly statuses: Tallies
  readonly endpoints: Tallies
}

// A client that tries every status of every endpoint makes hundreds; the rest is one row.
const mostRows = 20

const none: Tally = {
  name: '',
  cause: undefined,
  count: 0,
  seconds: 0,
  real: 0,
  injected: 0,
  asked: 0,
}

/** Adds up series, each of which is one listener, route, method and status. */
export function tallyAnswers(series: readonly Series[], names: AnswerNames): Answered {
  const each = series.map((one) => tallyOf(one, names))
  const by = (key: (one: Series) => string): Tallies => {
    const sums = new Map<string, Tally>()
    for (const [index, one] of series.entries()) {
      const name = key(one)
      const { cause } = each[index] ?? none
      const id = `${cause ?? ''} ${name}`
      sums.set(id, add({ ...(sums.get(id) ?? none), name, cause }, each[index] ?? none))
    }
    return sums
  }
  const withoutCause = (key: (one: Series) => string): Tallies =>
    regroup(by(key), ({ name }) => name)
  return {
    all: each.reduce(add, none),
    listeners: withoutCause(({ listener }) => listener),
    statuses: by(({ listener, status }) =>
      listener === 'grpc' ? names.callStatus(status) : String(statusLabel(status)),
    ),
    endpoints: withoutCause((one) => endpointOf(one, names)),
  }
}

/** What was answered between two moments, and in all. */
export function compareAnswers(before: Answered, now: Answered, seconds: number): AnsweredPage {
  const rows = (of: 'listeners' | 'statuses' | 'endpoints'): readonly AnsweredRow[] =>
    [...most(now[of])].map(([id, tally]) => rowOf(before[of].get(id) ?? none, tally, seconds))
  return {
    listeners: rows('listeners'),
    statuses: rows('statuses').toSorted((a, b) => a.name.localeCompare(b.name)),
    endpoints: rows('endpoints'),
  }
}

/** The numbers of the statistics about answers; rates and the mean are of the time between the moments. */
export function answerNumbers(
  before: Answered,
  { all }: Answered,
  { seconds, active }: { readonly seconds: number; readonly active: number },
): Readonly<Record<string, number | null>> {
  const rate = (of: 'count' | keyof Failures): number =>
    round(Math.max(0, all[of] - before.all[of]) / seconds)
  const errors = all.real + all.injected + all.asked
  const errorPercent = all.count === 0 ? 0 : (100 * errors) / all.count
  return {
    total_requests: all.count + active,
    completed_requests: all.count,
    success_count: all.count - errors,
    error_count: errors,
    real_error_count: all.real,
    injected_error_count: all.injected,
    asked_error_count: all.asked,
    real_errors_per_sec: rate('real'),
    injected_errors_per_sec: rate('injected'),
    asked_errors_per_sec: rate('asked'),
    error_rate_percent: round(errorPercent),
    success_rate: round(100 - errorPercent),
    requests_per_sec: rate('count'),
    avg_latency_us: meanUs(before.all, all),
  }
}

function meanUs(before: Tally, now: Tally): number | null {
  const answered = now.count - before.count
  if (answered <= 0) return null
  return Number(((1e6 * (now.seconds - before.seconds)) / answered).toFixed(1))
}

function rowOf(before: Tally, now: Tally, seconds: number): AnsweredRow {
  const { name, cause, real, injected, asked } = now
  return {
    name,
    ...(cause !== undefined && { cause }),
    total: now.count,
    per_sec: round(Math.max(0, now.count - before.count) / seconds),
    avg_us: meanUs(before, now),
    errors: { real, injected, asked },
  }
}

function tallyOf(
  { listener, route, status, isInjected, count, sum }: Series,
  names: AnswerNames,
): Tally {
  const isAsked = listener !== 'grpc' && names.asked.has(names.routes[route] ?? '')
  const cause = isInjected ? 'injected' : isAsked ? 'asked' : undefined
  const failed = isFailure(listener, status) ? count : 0
  return { ...none, cause, count, seconds: sum, [cause ?? 'real']: failed }
}

function endpointOf({ listener, route }: Series, { routes, calls }: AnswerNames): string {
  return (listener === 'grpc' ? calls : routes)[route] ?? 'no endpoint'
}

function add(a: Tally, b: Tally): Tally {
  return {
    ...a,
    count: a.count + b.count,
    seconds: a.seconds + b.seconds,
    real: a.real + b.real,
    injected: a.injected + b.injected,
    asked: a.asked + b.asked,
  }
}

function regroup(tallies: Tallies, key: (one: Tally) => string): Tallies {
  const sums = new Map<string, Tally>()
  for (const one of tallies.values()) {
    const known = sums.get(key(one)) ?? { ...none, name: one.name }
    sums.set(key(one), add(known, one))
  }
  return sums
}

// Those with most answers first; what is left over is one row.
function most(tallies: Tallies): Tallies {
  const sorted = [...tallies].toSorted(([, a], [, b]) => b.count - a.count)
  if (sorted.length <= mostRows) return new Map(sorted)
  const rest = sorted.slice(mostRows).reduce((sum, [, one]) => add(sum, one), none)
  return new Map([...sorted.slice(0, mostRows), ['others', { ...rest, name: 'others' }]])
}
