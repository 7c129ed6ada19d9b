import { headroomOf, ownLoop } from '../../telemetry/headroom.ts'
import { type ThreadShare, readThreadShare } from '../machine/run-queue.ts'
import type { WorkerThread } from '../workers/worker-thread.ts'

/** One worker in the last second. */
export interface WorkerStats {
  readonly worker: number
  /** By the loop's own clock, to which a thread that waits for a CPU is busy. */
  readonly event_loop_utilization: number
  /** The same without that. */
  readonly event_loop_own_utilization: number
  readonly event_loop_delay_p99_ms: number
  readonly cpu_percent: number
  /** It was ready to run, and others had the CPUs; null where the kernel does not tell. */
  readonly cpu_wait_percent: number | null
  readonly connections: number
  readonly heap_mb: number
  readonly heap_limit_mb: number
  readonly gc_pause_ms_per_sec: number
  readonly headroom_ratio: number
  /** It gives no sign of life. */
  readonly stalled: boolean
}

/** One worker's counters at one moment. */
export interface WorkerMoment {
  readonly cpuSeconds: number
  readonly gcSeconds: number
  readonly threadId: number
  readonly share: ThreadShare | undefined
}

/** A worker at the begin and at the end of the second, where it was there. */
export interface Span {
  readonly before: WorkerMoment | undefined
  readonly now: WorkerMoment | undefined
}

/** What all workers had to share in that second, as shares of it. */
export interface SharedSecond {
  readonly seconds: number
  readonly cpu: number
  readonly throttled: number | undefined
  /** Threads wait for the next period of the quota, too, and that is no neighbour's doing. */
  readonly throttledTime: number
  /** What a hypervisor gave to others. */
  readonly stolen: number
}

/** Reads them. */
export function lookAt(member: WorkerThread): WorkerMoment {
  const threadId = member.read('threadId')
  return {
    cpuSeconds: member.read('cpuSeconds'),
    gcSeconds: member.read('gcSeconds'),
    threadId,
    share: readThreadShare(threadId),
  }
}

/** What a worker did between two moments. */
export function workerStats(
  member: WorkerThread,
  moments: Span,
  second: SharedSecond,
): WorkerStats {
  const { before, now } = moments
  const { seconds, cpu, throttled } = second
  const used = Math.max(0, (now?.cpuSeconds ?? 0) - (before?.cpuSeconds ?? 0)) / seconds
  const pause = Math.max(0, (now?.gcSeconds ?? 0) - (before?.gcSeconds ?? 0)) / seconds
  const loop = member.utilization()
  const shares = sharesOf(moments, second)
  const own = shares === undefined ? loop : ownLoop({ loop, ...shares })
  return {
    worker: member.seat,
    event_loop_utilization: round(loop),
    event_loop_own_utilization: round(own),
    event_loop_delay_p99_ms: round(member.read('loopDelaySeconds') * 1000),
    cpu_percent: round(used * 100),
    cpu_wait_percent: shares === undefined ? null : round(shares.waited * 100),
    connections: member.read('connectionsOpen'),
    heap_mb: mib(member.read('heapNowBytes')),
    heap_limit_mb: mib(member.read('heapLimitBytes')),
    gc_pause_ms_per_sec: round(pause * 1000),
    headroom_ratio: round(headroomOf({ loop: own, cpu, throttled })),
    stalled: member.isStalled,
  }
}

// A thread that has taken the seat meanwhile counts from 0.
function sharesOf(
  { before, now }: Span,
  { seconds, throttledTime, stolen }: SharedSecond,
): { readonly ran: number; readonly waited: number } | undefined {
  if (before?.share === undefined || now?.share === undefined) return undefined
  if (before.threadId !== now.threadId) return undefined
  const { share } = now
  const queued = (share.waitedMs - before.share.waitedMs) / 1000 / seconds
  return {
    ran: (share.ranMs - before.share.ranMs) / 1000 / seconds,
    waited: Math.min(1, Math.max(0, queued - throttledTime) + stolen),
  }
}

/** Three digits are as exact as one second is. */
export function round(value: number): number {
  return Number(value.toFixed(3))
}

/** Bytes in MiB, to a tenth. */
export function mib(bytes: number): number {
  return Number((bytes / 2 ** 20).toFixed(1))
}
