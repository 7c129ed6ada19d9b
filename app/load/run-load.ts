import { ledgerSums } from './ledger-sums.ts'
import { OriginWatch } from './origin-watch.ts'
import type { Plan } from './plan/plan.ts'
import { lengthOf, requestsIn } from './plan/schedule.ts'
import { Progress, type ProgressOptions } from './progress.ts'
import { percentileMs, percentilesOf, timeFigures } from './report/figures.ts'
import { judge } from './report/judge.ts'
import type { LedgerSums, LoadReport, OriginFigures } from './report/load-report.ts'
import { verdictOf } from './report/verdict.ts'
import { LoadThreads, type Sums } from './threads.ts'
import { Timeline } from './timeline.ts'

/** What a run needs of the world. */
export interface LoadWorld extends Pick<ProgressOptions, 'write' | 'isTerminal'> {
  readonly version: string
  readonly entry: URL
  /** Calls `stop` when the run is to end early. */
  readonly onInterrupt: (stop: () => void) => void
}

/** Sends the load and resolves to all that came of it. */
export async function runLoad(plan: Plan, world: LoadWorld): Promise<LoadReport> {
  const { traffic, workers } = plan
  const timeline = new Timeline()
  const startedAt = new Date().toISOString()
  const state = { isInterrupted: false, answered: 0, bad: 0, sent: 0, atMs: 0, startMs: 0 }
  let origin: OriginWatch | undefined
  let progress: Progress | undefined
  const threads = new LoadThreads({
    traffic,
    workers,
    entry: world.entry,
    onStart: async () => {
      const isWarm = traffic.warmUp !== undefined
      if (plan.origin !== undefined) origin = await OriginWatch.begin(plan.origin, isWarm)
      state.startMs = performance.now()
      state.atMs = state.startMs
      progress = new Progress({ ...world, everyMs: plan.progressMs, ...sizeOf(plan) })
    },
    onSecond: ({ counts, times }) => {
      progress?.note(counts, times)
      const nowMs = performance.now()
      const bad = counts.failed + counts.refused
      timeline.add({
        atSeconds: (nowMs - state.startMs) / 1000,
        seconds: (nowMs - state.atMs) / 1000,
        sent: counts.sent - state.sent,
        answered: counts.answered - state.answered,
        bad: bad - state.bad,
        inFlight: counts.inFlight,
        p50Ms: times.count === 0 ? null : percentileMs(times, 50),
        p99Ms: times.count === 0 ? null : percentileMs(times, 99),
        maxMs: times.count === 0 ? null : times.max / 1000,
        headroom: origin?.headroom ?? null,
      })
      Object.assign(state, { sent: counts.sent, answered: counts.answered, bad, atMs: nowMs })
    },
  })
  world.onInterrupt(() => {
    state.isInterrupted = true
    threads.say('stop')
  })
  const sums = await threads.run()
  const [seen, ledger] = await Promise.all([origin?.end(), askLedger(plan, sums)])
  progress?.end()
  return reportOf(plan, sums, {
    version: world.version,
    startedAt,
    isInterrupted: state.isInterrupted,
    origin: seen,
    ledger,
    timeline,
  })
}

function sizeOf({ traffic: { schedule } }: Plan): Pick<ProgressOptions, 'requests' | 'lengthMs'> {
  const { requests } = schedule
  return schedule.kind === 'closed'
    ? { requests, lengthMs: schedule.durationMs }
    : { requests, lengthMs: lengthOf(schedule.stages) }
}

async function askLedger(
  { ledger, traffic: { run } }: Plan,
  { counts }: Sums,
): Promise<LedgerSums | string | undefined> {
  if (ledger === undefined || run === undefined) return undefined
  try {
    return await ledgerSums(ledger, run, counts.sent)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

interface Circumstances {
  readonly version: string
  readonly startedAt: string
  readonly isInterrupted: boolean
  /** What they told, or why they told nothing. */
  readonly origin: OriginFigures | string | undefined
  readonly ledger: LedgerSums | string | undefined
  readonly timeline: Timeline
}

function reportOf(plan: Plan, sums: Sums, around: Circumstances): LoadReport {
  const { traffic, workers, thresholds } = plan
  const { counts, times, elapsedMs } = sums
  const { origin, ledger } = around
  const isOpen = traffic.schedule.kind === 'open'
  const facts = {
    version: around.version,
    url: traffic.target.url,
    run: traffic.run ?? null,
    started_at: around.startedAt,
    interrupted: around.isInterrupted,
    schedule: {
      kind: traffic.schedule.kind,
      asked: askedRequests(plan),
      connections: traffic.connections,
      streams: traffic.version === '2' ? traffic.streams : null,
      http_version: traffic.version,
      workers,
    },
    duration_seconds: Math.round(elapsedMs) / 1000,
    requests: {
      sent: counts.sent,
      answered: counts.answered,
      refused: counts.refused,
      errors: counts.failed,
      // What an interrupted run did not come to is nobody's fault.
      unsent: around.isInterrupted ? 0 : sums.unsent,
      waited: sums.waited,
    },
    rate: perSecond(counts.answered, elapsedMs),
    rate_asked: askedRate(plan),
    bytes_read: counts.bytesRead,
    connections_opened: sums.connections,
    latency: {
      from_intended_start: timeFigures(times.intended),
      from_actual_start: timeFigures(times.actual),
      client_lag: isOpen ? timeFigures(times.lag) : null,
      origin: timeFigures(times.origin),
      path: timeFigures(times.path),
    },
    percentiles: {
      from_intended_start: percentilesOf(times.intended),
      from_actual_start: percentilesOf(times.actual),
    },
    statuses: Object.fromEntries(sums.statuses),
    errors: Object.fromEntries(sums.errors),
    client_busy: Math.round(sums.busyRatio * 1000) / 1000,
    origin: typeof origin === 'object' ? origin : null,
    ledger: typeof ledger === 'object' ? ledger : null,
    unknown: [origin, ledger].filter((one) => typeof one === 'string'),
    timeline: around.timeline.steps,
  }
  const verdict = verdictOf(facts)
  return { ...facts, verdict, thresholds: judge(thresholds, { ...facts, verdict }) }
}

function askedRequests({ traffic: { schedule } }: Plan): number | null {
  if (schedule.kind === 'closed') return null
  return Math.min(Math.round(requestsIn(schedule.stages)), schedule.requests)
}

function askedRate(plan: Plan): number | null {
  const asked = askedRequests(plan)
  if (asked === null) return null
  // A schedule that ends with its last request ends before its last gap does.
  const fullRate = requestsIn(plan.stages) / (lengthOf(plan.stages) / 1000)
  return Math.round(fullRate * 100) / 100
}

function perSecond(count: number, elapsedMs: number): number {
  return elapsedMs === 0 ? 0 : Math.round((count / elapsedMs) * 100_000) / 100
}
