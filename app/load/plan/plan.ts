import type { Schedule, Stage } from './schedule.ts'
import type { Threshold } from './thresholds.ts'

/** What every request is made of. Texts may have `{n}`, the request's number, and `{n%K}`. */
export interface RequestShape {
  readonly method: string
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Body
}

/** A text, or so many bytes that the seed makes up. */
export type Body =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'made'; readonly bytes: number; readonly seed: number }

/** Whom to ask. */
export interface Target {
  readonly url: string
  readonly host: string
  readonly port: number
  /** The value of the Host header, or of :authority. */
  readonly authority: string
  readonly isTls: boolean
  /** Whether any certificate will do. */
  readonly isInsecure: boolean
}

/** What one thread sends; all of it survives a structured clone. */
export interface Traffic {
  readonly target: Target
  readonly request: RequestShape
  /** Before the run; what it sends is not counted. */
  readonly warmUp: Schedule | undefined
  readonly warmUpConnections: number
  readonly schedule: Schedule
  readonly version: '1.1' | '2'
  /** The most that are open at once, over all threads. */
  readonly connections: number
  /** HTTP/2: requests under way on one connection. */
  readonly streams: number
  readonly keepsAlive: boolean
  readonly timeoutMs: number
  /** The name that X-HP-Id and X-HP-Run carry; undefined: neither is sent. */
  readonly run: string | undefined
}

/** All that the command line asked for. */
export interface Plan {
  readonly traffic: Traffic
  readonly workers: number
  /** For the report: the rates over time, when the schedule is an open one. */
  readonly stages: readonly Stage[]
  /** URLs of admin ports. */
  readonly ledger: string | undefined
  readonly origin: string | undefined
  readonly thresholds: readonly Threshold[]
  /** Between two lines of progress where nobody sees a line change. */
  readonly progressMs: number
  readonly isJson: boolean
  readonly htmlFile: string | undefined
}
