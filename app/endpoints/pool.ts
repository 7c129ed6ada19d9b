import type { JobKind } from '../traffic/jobs.ts'

/** A job for a thread of the compute pool. */
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
  /** The wait for a free thread. */
  readonly queuedMs: number
  readonly workMs: number
}

/** The threads that do work for endpoints, so that no worker's event loop is blocked by it. */
export interface Pool {
  /**
   * The next free thread does the job. Refuses with SERVICE_OVERLOADED when the queue is full, TIMEOUT when
   * request.timeout is over, PROCESSING_ERROR when the job fails, DRAINING when the origin has no time left. Rejects
   * with the signal's reason. A refused job has stopped.
   */
  run(job: Job, signal: AbortSignal): Promise<JobDone>
}
