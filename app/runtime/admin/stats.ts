import { availableParallelism } from 'node:os'

import type { BufferedTotals } from '../../budgets/buffered.ts'
import type { ConnectionTotals } from '../../budgets/connections.ts'
import type { JobQueue } from '../../budgets/job-queue.ts'
import { look } from '../../look.ts'
import { monotonicMs } from '../../telemetry/clock.ts'
import { headroomNote } from '../../telemetry/headroom.ts'
import { latenciesSince, percentile, sumLatencies } from '../../telemetry/latencies.ts'
import { rejections } from '../../telemetry/rejections.ts'
import type { Scalar } from '../../telemetry/slab-layout.ts'
import { readLatencies, readLatest, readScalar, readSeries } from '../../telemetry/slab-reader.ts'
import type { Quota } from '../machine/quota.ts'
import { type Steal, readSteal } from '../machine/run-queue.ts'
import type { Throttling } from '../machine/throttling.ts'
import { type Phase, isDrainPhase } from '../phase.ts'
import type { WorkerThread } from '../workers/worker-thread.ts'
import {
  type AnswerNames,
  type Answered,
  type AnsweredPage,
  answerNumbers,
  compareAnswers,
  tallyAnswers,
} from './answered.ts'
import { History, type HistoryPage } from './history.ts'
import {
  type SharedSecond,
  type WorkerMoment,
  type WorkerStats,
  lookAt,
  mib,
  round,
  workerStats,
} from './worker-stats.ts'

/** Where the numbers come from. */
export interface StatsOptions {
  readonly version: string
  readonly members: () => readonly WorkerThread[]
  /** Those of workers long gone among them: what they counted goes on counting. */
  readonly slabs: () => readonly SharedArrayBuffer[]
  readonly quota: () => Quota | undefined
  readonly throttling: () => Throttling | undefined
  readonly phase: () => Phase
  /** How often a worker has stalled. */
  readonly stalls: () => number
  readonly connections: ConnectionTotals
  readonly buffered: BufferedTotals
  readonly jobs: Pick<JobQueue, 'depth' | 'mostThreads' | 'total'>
  readonly answerNames: AnswerNames
}

/** All numbers by name; null when a number is unknown. Rates and percentiles are the last second's. */
export type StatsPage = Readonly<Record<string, number | string | boolean | null>> & {
  /** Null before there is a worker. */
  readonly headroom_ratio: number | null
  readonly workers_detail: readonly WorkerStats[]
}

interface Moment {
  readonly at: number
  readonly answered: Answered
  readonly rejected: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly latencies: Float64Array
  readonly cpuSeconds: number
  readonly throttling: Throttling | undefined
  readonly steal: Steal | undefined
  readonly workers: ReadonlyMap<number, WorkerMoment>
}

const everyMs = 1000

/**
 * The origin's numbers, taken once a second from shared memory and the kernel. No worker is asked, so they are there
 * while every worker is saturated.
 */
export class Stats {
  readonly #options: StatsOptions
  readonly #listeners = new Set<(page: StatsPage) => void>()
  readonly #history = new History()
  #moment: Moment
  #page: StatsPage
  #answered: AnsweredPage

  constructor(options: StatsOptions) {
    this.#options = options
    this.#moment = this.#look()
    this.#page = this.#compare(this.#moment, this.#moment)
    this.#answered = compareAnswers(this.#moment.answered, this.#moment.answered, 1)
    setInterval(() => this.#sample(), everyMs).unref()
  }

  /** As of the last full second. */
  get page(): StatsPage {
    return this.#page
  }

  /** Answers by listener, status and endpoint, as of the last full second. */
  get answered(): AnsweredPage {
    return this.#answered
  }

  /** The seconds before. */
  get history(): HistoryPage {
    return this.#history.page(monotonicMs())
  }

  /** As of now; the seconds are counted on from here. */
  refresh(): StatsPage {
    this.#sample()
    return this.#page
  }

  /** Calls `hear` with each new page; gives back what ends that. */
  subscribe(hear: (page: StatsPage) => void): () => void {
    this.#listeners.add(hear)
    return () => this.#listeners.delete(hear)
  }

  #sample(): void {
    const before = this.#moment
    this.#moment = this.#look()
    this.#page = this.#compare(before, this.#moment)
    const seconds = secondsBetween(before, this.#moment)
    this.#answered = compareAnswers(before.answered, this.#moment.answered, seconds)
    this.#history.add(this.#page, monotonicMs())
    for (const hear of this.#listeners) hear(this.#page)
  }

  #look(): Moment {
    const { slabs, members, throttling, answerNames } = this.#options
    const series = slabs().flatMap((slab) => readSeries(slab))
    const { user, system } = process.cpuUsage()
    return {
      at: performance.now(),
      answered: tallyAnswers(series, answerNames),
      rejected: this.#rejected(),
      bytesIn: this.#sum('bytesIn'),
      bytesOut: this.#sum('bytesOut'),
      latencies: sumLatencies(slabs().map((slab) => readLatencies(slab))),
      cpuSeconds: (user + system) / 1e6,
      throttling: throttling(),
      steal: readSteal(),
      workers: new Map(members().map((member) => [member.seat, lookAt(member)])),
    }
  }

  #compare(before: Moment, now: Moment): StatsPage {
    const { version, members, quota, phase, connections, buffered, jobs } = this.#options
    const seconds = secondsBetween(before, now)
    const latencies = latenciesSince(now.latencies, before.latencies)
    const throttled = throttledShare(before.throttling, now.throttling)
    const cpu = (now.cpuSeconds - before.cpuSeconds) / seconds
    const cpus = quota()?.cpus ?? availableParallelism()
    const second: SharedSecond = {
      seconds,
      cpu: cpu / cpus,
      throttled,
      throttledTime: throttledSeconds(before, now) / seconds,
      stolen: stolenShare(before.steal, now.steal) ?? 0,
    }
    const workers = members().map((member) =>
      workerStats(
        member,
        { before: before.workers.get(member.seat), now: now.workers.get(member.seat) },
        second,
      ),
    )
    const active = this.#sum('exchangesActive')
    return {
      server_type: 'hpdummy',
      version,
      uptime_seconds: round(process.uptime()),
      workers: workers.length,
      num_cpu: availableParallelism(),
      cpu_quota: round(cpus),
      cpu_usage_percent: round(cpu * 100),
      throttled_percent: throttled === undefined ? null : round(throttled * 100),
      cpu_wait_percent: mostWait(workers),
      headroom_ratio: leastHeadroom(workers),
      headroom_note: noteOf(workers, second),
      active_connections: this.#sum('connectionsOpen'),
      connections_limit: connections.limit,
      buffered_bytes: buffered.held,
      buffered_limit_bytes: buffered.limit,
      active_requests: active,
      ...answerNumbers(before.answered, now.answered, { seconds, active }),
      rejected_count: now.rejected,
      rejected_per_sec: round(Math.max(0, now.rejected - before.rejected) / seconds),
      bytes_in_per_sec: round((now.bytesIn - before.bytesIn) / seconds),
      bytes_out_per_sec: round((now.bytesOut - before.bytesOut) / seconds),
      p50_latency_us: us(percentile(latencies, 0.5)),
      p99_latency_us: us(percentile(latencies, 0.99)),
      job_count: jobs.total,
      queue_depth: jobs.depth,
      worker_count: jobs.mostThreads,
      worker_stalls: this.#options.stalls(),
      memory_rss_mb: mibOrNull(look(() => process.memoryUsage.rss())),
      memory_heap_mb: mib(this.#sum('heapNowBytes')),
      memory_heap_limit_mb: workers.length === 0 ? null : mib(this.#sum('heapLimitBytes')),
      num_gc: this.#sum('gcMinor') + this.#sum('gcMajor') + this.#sum('gcOther'),
      gc_pause_total_ms: round(this.#sum('gcSeconds') * 1000),
      gc_pause_last_ms: round(this.#latest('gcLastSeconds') * 1000),
      event_loop_delay_p99_ms: round(this.#latest('loopDelaySeconds') * 1000),
      phase: phase(),
      draining: isDrainPhase(phase()),
      timestamp: Math.floor(Date.now() / 1000),
      workers_detail: workers,
    } as unknown as StatsPage
  }

  #sum(scalar: Scalar): number {
    return this.#options.slabs().reduce((total, slab) => total + readScalar(slab, scalar), 0)
  }

  #rejected(): number {
    const inWorkers = Object.values(rejections).reduce((sum, one) => sum + this.#sum(one), 0)
    const requests = (['heldRefused', 'workRefused', 'rateLimited'] as const).map((one) =>
      this.#sum(one),
    )
    const refused = requests.reduce((sum, count) => sum + count, inWorkers)
    return refused + this.#options.connections.adminRejected
  }

  #latest(scalar: Scalar): number {
    return Math.max(0, ...this.#options.slabs().map((slab) => readLatest(slab, scalar)))
  }
}

function secondsBetween(before: Moment, now: Moment): number {
  return Math.max((now.at - before.at) / 1000, 0.001)
}

function leastHeadroom(workers: readonly WorkerStats[]): number | null {
  return workers.length === 0 ? null : Math.min(...workers.map((worker) => worker.headroom_ratio))
}

function mostWait(workers: readonly WorkerStats[]): number | null {
  const known = workers.flatMap(({ cpu_wait_percent: percent }) => percent ?? [])
  return known.length === 0 ? null : Math.max(...known)
}

function noteOf(workers: readonly WorkerStats[], { cpu }: SharedSecond): string | null {
  const note = headroomNote({
    waited: (mostWait(workers) ?? 0) / 100,
    cpu,
    workers: workers.map(({ worker, event_loop_own_utilization: loop, connections }) => ({
      worker,
      loop,
      connections,
    })),
  })
  return note ?? null
}

function throttledSeconds(before: Moment, now: Moment): number {
  return (now.throttling?.throttledSeconds ?? 0) - (before.throttling?.throttledSeconds ?? 0)
}

function stolenShare(before: Steal | undefined, now: Steal | undefined): number | undefined {
  if (before === undefined || now === undefined || now.all <= before.all) return undefined
  return Math.min(1, Math.max(0, now.stolen - before.stolen) / (now.all - before.all))
}

function throttledShare(
  before: Throttling | undefined,
  now: Throttling | undefined,
): number | undefined {
  if (before === undefined || now === undefined) return undefined
  const periods = now.periods - before.periods
  return periods <= 0 ? 0 : Math.min(1, (now.throttledPeriods - before.throttledPeriods) / periods)
}

function mibOrNull(bytes: number | undefined): number | null {
  return bytes === undefined ? null : mib(bytes)
}

function us(seconds: number | undefined): number | null {
  return seconds === undefined ? null : Number((seconds * 1e6).toFixed(1))
}
