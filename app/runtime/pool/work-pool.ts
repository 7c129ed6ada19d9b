import { JobQueue } from '../../budgets/job-queue.ts'
import type { Job, JobDone, Pool } from '../../endpoints/pool.ts'
import { OriginError } from '../../errors.ts'
import { monotonicMs } from '../../telemetry/clock.ts'
import { numberOfKind } from '../../traffic/jobs.ts'
import { formatDurationMs } from '../../traffic/units.ts'

/** Where a worker puts its jobs, and how long they may take. */
export interface WorkPoolOptions {
  readonly jobs: SharedArrayBuffer
  /** request.timeout; 0: no limit. */
  readonly timeoutMs: () => number
  /** A job was refused because the queue is full. */
  readonly onFull: () => void
}

// Of drain.deadline: the rest is for the answers.
const drainShare = 0.9

/** A worker's side of the compute pool, which all workers share. */
export class WorkPool implements Pool {
  readonly #options: WorkPoolOptions
  readonly #queue: JobQueue
  /** Rejects the wait of each unfinished job. */
  readonly #pending = new Set<(reason: unknown) => void>()
  #isRefusing = false

  constructor(options: WorkPoolOptions) {
    this.#options = options
    this.#queue = new JobQueue(options.jobs, monotonicMs)
  }

  get depth(): number {
    return this.#queue.depth
  }

  get mostWaiting(): number {
    return this.#queue.mostWaiting
  }

  async run({ kind, argument }: Job, signal: AbortSignal): Promise<JobDone> {
    if (this.#isRefusing) throw draining()
    signal.throwIfAborted()
    const slot = this.#queue.submit({ kind: numberOfKind(kind), argument })
    if (slot === undefined) {
      this.#options.onFull()
      throw overloaded(this.#queue.mostWaiting)
    }
    await this.#untilOver(slot, signal)
    const { result, ...finished } = this.#queue.collect(slot)
    if (result !== undefined) return { ...finished, result }
    throw new OriginError(
      'PROCESSING_ERROR',
      'the job failed: its thread ended, or no thread could be started; try again later',
    )
  }

  /**
   * The worker leaves, and its connections are cut after `deadlineMs`. Shortly before that, waiting and running jobs
   * are abandoned and refused, and so is every new one.
   */
  drain(deadlineMs: number): void {
    const refuse = (): void => {
      this.#isRefusing = true
      for (const stop of this.#pending) stop(draining())
    }
    setTimeout(refuse, deadlineMs * drainShare).unref()
  }

  /**
   * Resolves when the job is done. Abandons the job and rejects when its time is over or nobody waits for it any more.
   */
  async #untilOver(slot: number, signal: AbortSignal): Promise<void> {
    const queue = this.#queue
    const timeoutMs = this.#options.timeoutMs() || Number.POSITIVE_INFINITY
    const due = monotonicMs() + timeoutMs
    const stopped: { reason?: unknown } = {}
    const stop = (reason: unknown): void => {
      if ('reason' in stopped) return
      stopped.reason = reason
      queue.giveUp(slot)
    }
    const leave = (): void => stop(signal.reason)
    signal.addEventListener('abort', leave)
    this.#pending.add(stop)
    try {
      while (queue.isPending(slot)) {
        const leftMs = due - monotonicMs()
        if (leftMs > 0) await queue.change(slot, leftMs)
        else stop(timedOut(timeoutMs))
        if ('reason' in stopped) throw stopped.reason
      }
    } finally {
      signal.removeEventListener('abort', leave)
      this.#pending.delete(stop)
    }
  }
}

function overloaded(mostWaiting: number): OriginError {
  return new OriginError(
    'SERVICE_OVERLOADED',
    `all threads of the pool are busy and ${mostWaiting} jobs wait already (pool.queue); try again later`,
  )
}

function timedOut(ms: number): OriginError {
  return new OriginError(
    'TIMEOUT',
    `the work was not done within request.timeout (${formatDurationMs(ms)}) and was stopped; ask for less, or raise request.timeout`,
  )
}

function draining(): OriginError {
  return new OriginError(
    'DRAINING',
    'the origin is draining and had no time left for this work; use another origin',
  )
}
