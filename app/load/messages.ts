import type { Traffic } from './plan/plan.ts'
import type { Share } from './plan/schedule.ts'
import type { Times } from './tally.ts'

/** What a load thread is started with. */
export interface LoadThreadData {
  readonly kind: 'load'
  readonly traffic: Traffic
  readonly share: Share
}

/** Whether a thread was started as a load thread. */
export function isLoadThread(data: unknown): data is LoadThreadData {
  return typeof data === 'object' && data !== null && 'kind' in data && data.kind === 'load'
}

/** What the main thread says: begin the run, or send nothing more. */
export type ToLoadThread = 'go' | 'stop'

/** Counts since the begin of the run. */
export interface Counts {
  readonly sent: number
  readonly answered: number
  readonly refused: number
  readonly failed: number
  readonly inFlight: number
  readonly bytesRead: number
}

/** What a load thread says. */
export type FromLoadThread =
  /** It has warmed up. The histograms are shared: what it records later is seen there. */
  | { readonly kind: 'ready'; readonly times: Times }
  /** A second is over; `over` says which of the two histograms of seconds has it. */
  | { readonly kind: 'second'; readonly counts: Counts; readonly over: 0 | 1 }
  | ThreadResult

/** The end of a thread's run. */
export interface ThreadResult {
  readonly kind: 'done'
  readonly counts: Counts
  readonly statuses: ReadonlyMap<number, number>
  readonly errors: ReadonlyMap<string, number>
  readonly connections: number
  readonly waited: number
  readonly unsent: number
  readonly busyRatio: number
  readonly elapsedMs: number
}
