import { Worker } from 'node:worker_threads'

import { JobQueue } from '../../budgets/job-queue.ts'
import type { Config } from '../../config/settings.ts'
import { look } from '../../look.ts'
import { monotonicMs } from '../../telemetry/clock.ts'
import type { Logger } from '../../telemetry/log.ts'
import type { PoolSize } from '../machine/explain.ts'
import type { Quota } from '../machine/quota.ts'
import type { Size } from '../machine/sizing.ts'
import { explainStart } from '../machine/thread-start.ts'
import type { PoolThreadData } from './pool-thread.ts'

/** What the pool follows, and where it logs what failed. */
export interface PoolThreadsOptions {
  readonly entry: URL
  readonly jobs: SharedArrayBuffer
  readonly config: () => Config
  /** What the workers have; undefined until there are workers, which is before anything is served. */
  readonly fleet: () => { readonly quota: Quota; readonly size: Size } | undefined
  readonly log: Logger
}

// From V8's own figures: jobs keep nothing, and a worker does not start with less.
const heap = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 2 }

// The memory that one more thread takes: 9 MiB from .js, 19 from .ts.
const threadBytes = 20 * 2 ** 20

// Of the memory limit. The rest is for what grows in the meantime.
const usableShare = 0.9

const lookMs = 1000

// Between two attempts to start a missing thread.
const againMs = 100

// Between two log lines about threads that cannot be started, however many jobs need them.
const logEveryMs = 10_000

/** How large the compute pool may become. */
export function poolSize(
  config: Pick<Config, 'pool.workers' | 'pool.queue'>,
  { workers }: Pick<Size, 'workers'>,
): PoolSize {
  const asked = config['pool.workers']
  return {
    threads: asked === 'auto' ? 2 * workers : asked,
    threadBytes,
    queue: config['pool.queue'],
  }
}

/**
 * The threads of the compute pool, from the primary's side. A thread starts when a job has none, up to pool.workers and
 * as far as the memory limit has room. A thread that is idle ends. So an origin that never gets a job has no such
 * threads.
 */
export class PoolThreads {
  readonly queue: JobQueue
  readonly #options: PoolThreadsOptions
  #nextThread = 0
  #loggedAt = Number.NEGATIVE_INFINITY

  constructor(options: PoolThreadsOptions) {
    this.#options = options
    this.queue = new JobQueue(options.jobs, monotonicMs)
  }

  /** Begins to follow settings, the number of workers, and what is asked for. */
  start(): void {
    this.refresh()
    setInterval(() => this.refresh(), lookMs).unref()
    void this.#follow()
  }

  /** Settings or workers may have changed. */
  refresh(): void {
    const config = this.#options.config()
    const fleet = this.#options.fleet()
    if (fleet === undefined) return
    const { threads, queue } = poolSize(config, fleet.size)
    const { mostThreads, mostWaiting } = this.queue
    if (mostThreads !== threads || mostWaiting !== queue) this.queue.setLimits(threads, queue)
  }

  async #follow(): Promise<void> {
    for (;;) {
      const mark = this.queue.bell
      while (this.#hasRoom() && this.queue.admitThread()) this.#launch()
      await this.queue.missing(mark)
      if (!this.#hasRoom()) await new Promise((resolve) => setTimeout(resolve, againMs))
    }
  }

  // There is always room for the first thread: without it no job would ever be done.
  #hasRoom(): boolean {
    const memoryBytes = this.#options.fleet()?.quota.memoryBytes
    if (memoryBytes === undefined || this.queue.threads === 0) return true
    const used = look(() => process.memoryUsage.rss()) ?? 0
    return used + threadBytes <= memoryBytes * usableShare
  }

  #launch(): void {
    const thread = this.#nextThread++
    const data: PoolThreadData = { thread, jobs: this.#options.jobs }
    let hasBegun = false
    let reason: unknown
    try {
      const worker = new Worker(this.#options.entry, { workerData: data, resourceLimits: heap })
      worker.once('online', () => {
        hasBegun = true
      })
      worker.once('error', (error) => {
        reason = error
      })
      worker.once('exit', () => {
        if (reason !== undefined) this.#lose(thread, hasBegun, reason)
      })
    } catch (error) {
      this.#lose(thread, false, error)
    }
  }

  #lose(thread: number, hasBegun: boolean, reason: unknown): void {
    this.queue.loseThread(thread, hasBegun)
    const now = performance.now()
    if (now - this.#loggedAt < logEveryMs) return
    this.#loggedAt = now
    const threads = this.queue.threads
    this.#options.log.error(
      { threads, reason: explainStart(reason) },
      'a thread of the compute pool is lost',
    )
  }
}
