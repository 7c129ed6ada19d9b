import { workerData } from 'node:worker_threads'

import { JobQueue } from '../../budgets/job-queue.ts'
import { monotonicMs } from '../../telemetry/clock.ts'
import { runJob } from '../../traffic/jobs.ts'

/** What a thread of the pool is started with. */
export interface PoolThreadData {
  readonly thread: number
  readonly jobs: SharedArrayBuffer
}

/** Whether this thread was started for the pool, and not to serve traffic. */
export function isPoolThread(data: unknown): data is PoolThreadData {
  return typeof data === 'object' && data !== null && 'jobs' in data
}

// A thread takes 9 to 19 MiB. One that has been idle for this long will not be needed soon.
const idleMs = 30_000

/** Does jobs one after the other, and returns when none has come for a while. */
export function runPoolThread(): void {
  const { thread, jobs } = workerData as PoolThreadData
  const queue = new JobQueue(jobs, monotonicMs)
  for (;;) {
    const slot = queue.take(thread, idleMs)
    if (slot === undefined) return
    queue.finish(slot, resultOf(queue, slot))
  }
}

/** Undefined when the job fails, whatever it throws. */
function resultOf(queue: JobQueue, slot: number): number | undefined {
  const { kind, argument } = queue.jobOf(slot)
  try {
    return runJob(kind, argument, {
      sleep: (ms) => queue.sleep(slot, ms),
      isWanted: () => queue.isWanted(slot),
      cpuMs,
    })
  } catch {
    return undefined
  }
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
