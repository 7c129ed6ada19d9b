import type { Answer, Fields } from '../client/answer.ts'
import type { Connection } from '../client/connection.ts'
import type { Reading } from '../client/http1.ts'
import type { Request } from '../client/request.ts'
import type { LedgerRecord } from '../ledger/record.ts'

/** The groups of checks, in the order in which they are reported. */
export const groups = {
  R: 'Retries',
  C: 'Connections to the origin',
  F: 'Broken answers',
  B: 'Bodies and streams',
  H: 'Heads: fields, targets, methods',
  X: 'Interim answers, trailers, upgrades',
  A: 'Clients that leave, answers that break off',
  P: 'Latency',
} as const

export type Group = keyof typeof groups

/** What a broken rule means: `must` is a fail, `should` a warning, `note` a choice that is only told. */
export type Level = 'must' | 'should' | 'note'

/** What a check needs beyond an HTTP/1.1 connection to the URL. */
export type Need =
  /** The wire listener behind the proxy: the fault is one of bytes. */
  | 'wire'
  /** The proxy speaks HTTP/1.0 or 1.1 to the origin. */
  | 'http1'
  /** The proxy speaks HTTP/1.1 to the origin: there are chunks. */
  | 'http1.1'
  /** The proxy speaks HTTP/2 to the origin. */
  | 'http2-origin'
  /** The URL speaks HTTP/2. */
  | 'http2'
  /** The origin keeps a ledger. */
  | 'ledger'
  /** A proxy in the way; there is nothing to judge without one. */
  | 'proxy'

/** What a check found. `broken` means what the check's level says. */
export interface Finding {
  readonly verdict: 'pass' | 'broken' | 'warn' | 'note' | 'unknown'
  /** What the proxy did, in a sentence. */
  readonly seen: string
  /** What that means, and why it is allowed or not. */
  readonly why: string
}

/** One question about a proxy: one file, listed in table.ts. */
export interface Check {
  /** Stable: R1, H10. */
  readonly id: string
  /** What a good proxy does, or what is asked, in a few words. */
  readonly title: string
  readonly level: Level
  /** Where the rule stands: `RFC 9110 7.6.1`; a dash where there is none. */
  readonly rule: string
  /** What the client sends and what the origin does. */
  readonly sent: string
  /** How the verdict comes about. */
  readonly judged: string
  readonly needs?: readonly Need[]
  /** It leaves connections of the proxy's in a state that other requests would suffer from, or counts them: runs alone. */
  readonly isAlone?: boolean
  /** Asks the question. What it throws makes the result unknown. */
  readonly run: (probe: Probe) => Promise<Finding>
}

/** The group of a check: the letters of its id. */
export function groupOf({ id }: Pick<Check, 'id'>): Group {
  return id.replace(/\d+$/, '') as Group
}

/** A connection for several requests, one after the other. */
export interface Client {
  readonly connection: Connection
  /** Sends a request and reads its answer. */
  ask(request: Request, reading?: Reading): Promise<Answer>
  close(): void
}

/** Below this headroom the origin was the bottleneck, and what is told of time and of numbers at once is its own. */
export const leastHeadroom = 0.1

/** A request as the origin got it. */
export interface Received {
  readonly method: string
  readonly target: string
  /** Raw: order and case as they came. */
  readonly fields: Fields
  readonly version: string
}

/** What checks ask through: the proxy, or in the control run the origin itself. */
export interface Probe {
  /** No proxy stands between: this is the control run, or the URL is the origin's own. */
  readonly isDirect: boolean
  /** The proxy is a cache that keeps answers which say nothing of caching. */
  readonly isCaching: boolean
  /** The version of HTTP that the origin is spoken to with: 1.0, 1.1 or 2.0. */
  readonly originVersion: string
  /** The way to the origin without the proxy; undefined in the control run itself. */
  readonly control: Probe | undefined
  /** A text that no other request has. */
  token(): string
  /** Sends a request on a connection of its own and reads the answer. */
  ask(request: Request, reading?: Reading): Promise<Answer>
  open(): Promise<Client>
  /** The bytes of a request as this probe would send it. */
  head(request: Request): string
  /** The origin's headroom in the last second, 1 is all of it; undefined where it does not tell. */
  headroom(): Promise<number | undefined>
  /** Every arrival of an id, in order, once the origin is done with all of them. Throws Unknown without evidence. */
  arrivals(id: string): Promise<readonly LedgerRecord[]>
  /** The one arrival of an id as the origin got it; throws Unknown where it did not come. */
  received(id: string, answer?: Answer): Promise<Received>
}

/** Thrown where a check cannot tell: the evidence is missing. */
export class Unknown extends Error {}

/** The proxy did what it should. */
export function pass(seen: string, why = ''): Finding {
  return { verdict: 'pass', seen, why }
}

/** The rule is broken: a fail, a warning or a note, as the check's level says. */
export function broken(seen: string, why: string): Finding {
  return { verdict: 'broken', seen, why }
}

/** The rule holds, but somebody suffers: a warning whatever the level. */
export function warned(seen: string, why: string): Finding {
  return { verdict: 'warn', seen, why }
}

/** What the proxy did is its choice. */
export function note(seen: string, why = ''): Finding {
  return { verdict: 'note', seen, why }
}

/** It cannot be told. */
export function unknown(why: string, seen = ''): Finding {
  return { verdict: 'unknown', seen, why }
}

/** Lets time pass: the pace of a client. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
