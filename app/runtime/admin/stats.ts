import { availableParallelism } from 'node:os'

import type { BufferedTotals } from '../../budgets/buffered.ts'
import type { ConnectionTotals } from '../../budgets/connections.ts'
import type { JobQueue } from '../../budgets/job-queue.ts'
import { look } from '../../look.ts'
import { headroomOf } from '../../telemetry/headroom.ts'
import { latenciesSince, percentile, sumLatencies } from '../../telemetry/latencies.ts'
import { rejections } from '../../telemetry/rejections.ts'
import { type Scalar, isFailure } from '../../telemetry/slab-layout.ts'
import { readLatencies, readLatest, readScalar, readSeries } from '../../telemetry/slab-reader.ts'
import type { Quota } from '../machine/quota.ts'
import type { Throttling } from '../machine/throttling.ts'
import { type Phase, isDrainPhase } from '../phase.ts'
import type { WorkerThread } from '../workers/worker-thread.ts'

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
  readonly jobs: Pick<JobQueue, 'depth' | 'mostThreads'>
}

/** One worker in the last second. */
export interface WorkerStats {
  readonly worker: number
  readonly event_loop_utilization: number
  readonly event_loop_delay_p99_ms: number
  readonly cpu_percent: number
  readonly heap_mb: number
  readonly heap_limit_mb: number
  readonly gc_pause_ms_per_sec: number
  readonly headroom_ratio: number
  /** It gives no sign of life. */
  readonly stalled: boolean
}

/** All numbers by name; null when a number is unknown. Rates and percentiles are the last second's. */
export type StatsPage = Readonly<Record<string, number | string | boolean | null>> & {
  /** Null before there is a worker. */
  readonly headroom_ratio: number | null
  readonly workers_detail: readonly WorkerStats[]
}

interface Moment {
  readonly at: number
  readonly completed: number
  readonly errors: number
  readonly latencySum: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly latencies: Float64Array
  readonly cpuSeconds: number
  readonly throttling: Throttling | undefined
  readonly workers: ReadonlyMap<number, { readonly cpuSeconds: number; readonly gcSeconds: number }>
}

const everyMs = 1000

/**
 * The origin's numbers, taken once a second from shared memory and the kernel. No worker is asked, so they are there
 * while every worker is saturated.
 */
export class Stats {
  readonly #options: StatsOptions
  readonly #listeners = new Set<(page: StatsPage) => void>()
  #moment: Moment
  #page: StatsPage

  constructor(options: StatsOptions) {
    this.#options = options
    this.#moment = this.#look()
    this.#page = this.#compare(this.#moment, this.#moment)
    setInterval(() => this.#sample(), everyMs).unref()
  }

  /** As of the last full second. */
  get page(): StatsPage {
    return this.#page
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
    for (const hear of this.#listeners) hear(this.#page)
  }

  #look(): Moment {
    const { slabs, members, throttling } = this.#options
    const series = slabs().flatMap((slab) => readSeries(slab))
    const { user, system } = process.cpuUsage()
    return {
      at: performance.now(),
      completed: series.reduce((sum, { count }) => sum + count, 0),
      errors: series.reduce(
        (sum, one) => sum + (isFailure(one.listener, one.status) ? one.count : 0),
        0,
      ),
      latencySum: series.reduce((total, { sum }) => total + sum, 0),
      bytesIn: this.#sum('bytesIn'),
      bytesOut: this.#sum('bytesOut'),
      latencies: sumLatencies(slabs().map((slab) => readLatencies(slab))),
      cpuSeconds: (user + system) / 1e6,
      throttling: throttling(),
      workers: new Map(
        members().map((member) => [
          member.seat,
          { cpuSeconds: member.read('cpuSeconds'), gcSeconds: member.read('gcSeconds') },
        ]),
      ),
    }
  }

  #compare(before: Moment, now: Moment): StatsPage {
    const { version, members, quota, phase, connections, buffered, jobs } = this.#options
    const seconds = Math.max((now.at - before.at) / 1000, 0.001)
    const completed = now.completed - before.completed
    const latencies = latenciesSince(now.latencies, before.latencies)
    const throttled = throttledShare(before.throttling, now.throttling)
    const cpu = (now.cpuSeconds - before.cpuSeconds) / seconds
    const cpus = quota()?.cpus ?? availableParallelism()
    const busy = { cpu: cpu / cpus, throttled }
    const workers = members().map((member) => workerStats(member, { before, now, seconds, busy }))
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
      headroom_ratio: leastHeadroom(workers),
      active_connections: this.#sum('connectionsOpen'),
      connections_limit: connections.limit,
      buffered_bytes: buffered.held,
      buffered_limit_bytes: buffered.limit,
      active_requests: active,
      total_requests: now.completed + active,
      completed_requests: now.completed,
      success_count: now.completed - now.errors,
      error_count: now.errors,
      rejected_count: this.#rejected(),
      error_rate_percent: now.completed === 0 ? 0 : round((100 * now.errors) / now.completed),
      success_rate: now.completed === 0 ? 100 : round(100 - (100 * now.errors) / now.completed),
      requests_per_sec: round(completed / seconds),
      bytes_in_per_sec: round((now.bytesIn - before.bytesIn) / seconds),
      bytes_out_per_sec: round((now.bytesOut - before.bytesOut) / seconds),
      avg_latency_us: completed === 0 ? null : us((now.latencySum - before.latencySum) / completed),
      p50_latency_us: us(percentile(latencies, 0.5)),
      p99_latency_us: us(percentile(latencies, 0.99)),
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
    const refused = this.#sum('heldRefused') + this.#sum('workRefused')
    return inWorkers + refused + this.#options.connections.adminRejected
  }

  #latest(scalar: Scalar): number {
    return Math.max(0, ...this.#options.slabs().map((slab) => readLatest(slab, scalar)))
  }
}

function workerStats(
  member: WorkerThread,
  {
    before,
    now,
    seconds,
    busy,
  }: {
    readonly before: Moment
    readonly now: Moment
    readonly seconds: number
    readonly busy: { readonly cpu: number; readonly throttled: number | undefined }
  },
): WorkerStats {
  const [then, since] = [before.workers.get(member.seat), now.workers.get(member.seat)]
  const cpu = Math.max(0, (since?.cpuSeconds ?? 0) - (then?.cpuSeconds ?? 0)) / seconds
  const pause = Math.max(0, (since?.gcSeconds ?? 0) - (then?.gcSeconds ?? 0)) / seconds
  const loop = member.utilization()
  return {
    worker: member.seat,
    event_loop_utilization: round(loop),
    event_loop_delay_p99_ms: round(member.read('loopDelaySeconds') * 1000),
    cpu_percent: round(cpu * 100),
    heap_mb: mib(member.read('heapNowBytes')),
    heap_limit_mb: mib(member.read('heapLimitBytes')),
    gc_pause_ms_per_sec: round(pause * 1000),
    headroom_ratio: round(headroomOf({ loop, ...busy })),
    stalled: member.isStalled,
  }
}

function leastHeadroom(workers: readonly WorkerStats[]): number | null {
  return workers.length === 0 ? null : Math.min(...workers.map((worker) => worker.headroom_ratio))
}

function throttledShare(
  before: Throttling | undefined,
  now: Throttling | undefined,
): number | undefined {
  if (before === undefined || now === undefined) return undefined
  const periods = now.periods - before.periods
  return periods <= 0 ? 0 : Math.min(1, (now.throttledPeriods - before.throttledPeriods) / periods)
}

function round(value: number): number {
  return Number(value.toFixed(3))
}

function mib(bytes: number): number {
  return Number((bytes / 2 ** 20).toFixed(1))
}

function mibOrNull(bytes: number | undefined): number | null {
  return bytes === undefined ? null : mib(bytes)
}

function us(seconds: number | undefined): number | null {
  return seconds === undefined ? null : Number((seconds * 1e6).toFixed(1))
}
