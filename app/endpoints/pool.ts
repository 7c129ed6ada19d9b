import type { JobKind } from '../traffic/jobs.ts'

/** What a thread of the compute pool is to do. */
export interface Job {
  readonly kind: JobKind
  /** A time in milliseconds or a number, as the kind says (traffic/jobs.ts). */
  readonly argument: number
}

/** A job that a thread of the compute pool has done. */
export interface JobDone {
  /** Its number among all jobs, from 1. */
  readonly id: number
  /** The number of the thread. */
  readonly thread: number
  readonly result: number
  /** Until the thread was free. */
  readonly queuedMs: number
  readonly workMs: number
}

/** The threads that do work for endpoints, so that no worker's event loop stands still for it. */
export interface Pool {
  /**
   * Has a job done by the next thread that is free. Refuses with SERVICE_OVERLOADED when the queue is full, TIMEOUT when
   * request.timeout is over, PROCESSING_ERROR when it fails, DRAINING when the origin has no time left. Rejects with the
   * signal's reason. Whatever it refuses has stopped.
   */
  run(job: Job, signal: AbortSignal): Promise<JobDone>
}
