/** What a worker, its process and its cgroup were busy with, each a share of what there is. */
export interface Busy {
  /** Of the event loop's time, by its own work (`ownLoop`). */
  readonly loop: number
  /** CPU used of the quota. */
  readonly cpu: number
  /** Periods of the quota in which it was used up; undefined where the kernel does not tell. */
  readonly throttled: number | undefined
}

/**
 * How much of the origin is left before it is the bottleneck: 1 is all of it, 0 none. The scarcest
 * thing counts, because it is the one that holds answers up.
 */
export function headroomOf({ loop, cpu, throttled = 0 }: Busy): number {
  return Math.min(1, Math.max(0, 1 - Math.max(loop, cpu, throttled)))
}

/** One worker's second, as shares of it. */
export interface LoopSecond {
  /** The event loop was not idle. */
  readonly loop: number
  /** The thread had a CPU. */
  readonly ran: number
  /** The thread was ready, and others had the CPUs: processes beside us, or other machines on this hardware. */
  readonly waited: number
}

/**
 * How busy the event loop was with its own work. By the loop's own clock a thread that waits for a CPU is busy, so that
 * neighbours looked like load: 0.76 at 37 % of a core.
 */
export function ownLoop({ loop, ran, waited }: LoopSecond): number {
  return Math.min(loop, Math.max(ran, loop - waited))
}

/** What the sentence beside the headroom is about. */
export interface Situation {
  /** The longest that a worker waited for a CPU, of the second. */
  readonly waited: number
  /** CPU used of the quota. */
  readonly cpu: number
  /** All workers. */
  readonly workers: readonly {
    readonly worker: number
    readonly loop: number
    readonly connections: number
  }[]
}

// Less of the second is what any machine with some load has (2 % to 5 % on an idle one of two cores).
const muchWait = 0.1
// With this much of its quota in use, the process waits for itself.
const nearlyAll = 0.9
const pinnedLoop = 0.7
const idleLoop = 0.3

/**
 * What the numbers alone would hide, in at most 80 characters; undefined when there is nothing to say: the machine is
 * busy with something else, or one connection keeps one worker busy, which others cannot help.
 */
export function headroomNote({ waited, cpu, workers }: Situation): string | undefined {
  if (waited >= muchWait && cpu < nearlyAll) {
    return `machine busy elsewhere: a worker waited ${Math.round(waited * 100)} % of the time for a CPU`
  }
  const [most, next] = workers.toSorted((one, other) => other.loop - one.loop)
  if (most === undefined || next === undefined || most.connections !== 1) return undefined
  if (most.loop < pinnedLoop || next.loop > idleLoop) return undefined
  return `one connection pins worker ${most.worker}: open more, to use the other workers`
}
