import type { Loss } from '../support/http-load.ts'
import type { LogLine } from '../support/origin.ts'

/** What the machine says on its second serial line, one line of JSON each, by name. */
export interface Reports {
  readonly [name: `case ${string}`]: Sight
  /** The origin's log line when it began to serve. */
  readonly ready: LogLine
  readonly 'one core': Change
  readonly throttling: Throttling
  readonly 'three cores': Change
  readonly 'half the memory': Change
  readonly load: Load
  readonly end: End
}

/** What `--explain-resources` said in the groups of a case. */
export interface Sight {
  readonly code: number | string
  readonly stdout: string
  /** What Node itself says, and complaints. */
  readonly stderr: string
}

/** A change of the limits that the origin came to know of; workers by their numbers, which are not used twice. */
export interface Change {
  readonly line: LogLine
  readonly before: readonly number[]
  readonly after: readonly number[]
  readonly afterMs: number
}

/** How clients fared that asked throughout. */
export interface Load {
  readonly counts: Readonly<Record<string, number>>
  readonly losses: readonly Loss[]
}

/** Periods in which the quota was used up: as the origin tells, and the kernel just before and just after. */
export interface Throttling {
  readonly before: number
  readonly told: number | undefined
  readonly after: number
  /** What the origin said when the quota became half a core. */
  readonly line: LogLine
  /** Of the clients that did not rest. */
  readonly losses: readonly Loss[]
}

/** How the origin ended when it was asked to. */
export interface End {
  readonly code: number | string
  readonly phases: readonly unknown[]
}

/** Says one of them; in the machine. */
export type Say = <Name extends keyof Reports>(name: Name, report: Reports[Name]) => void
