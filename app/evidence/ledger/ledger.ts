import { performance } from 'node:perf_hooks'

import { Arrival, type ArrivalEnd, type RecordedRequest } from './arrival.ts'
import { Details } from './details.ts'
import { Entries, type Noted, openEnd } from './entries.ts'
import { type Hash, hashOf } from './hash.ts'
import { RunLatencies } from './latency.ts'
import type { LedgerMemory } from './layout.ts'
import { isEarly } from './record.ts'

/** A request that may be recorded. */
export interface Arriving extends RecordedRequest {
  readonly method: string
  readonly listener: string
  readonly scheme: 'http' | 'https'
  /** What it says of itself costs something and can be had later, until `Arrival.capture` is called. */
  readonly isAskedLate?: boolean
  /** The first value of a header by lower-case name, or ''. */
  header(name: string): string
}

/** An arrival of which only its entry is kept. */
export interface Jotted {
  readonly id: string
  readonly run: string
  readonly number: number
  readonly noted: Noted
  /** By performance.now(). */
  readonly startedAt: number
}

/** What is said of a request beside its id. */
type Noting = Pick<Arriving, 'method' | 'listener' | 'scheme'> & { readonly run: string }

/** Who writes, and what may change meanwhile. */
export interface LedgerOptions {
  readonly memory: LedgerMemory
  readonly worker: number
  /** The header whose value is the id, as it is now. */
  readonly key: () => string
}

/** The header that names a run. */
export const runHeader = 'x-hp-run'

// Past so many a second of a kind in one worker, details would be overwritten within seconds, and cost 4 us each. A load
// whose requests all have one id has odd ones only.
const detailsPerSecond = 1000

/**
 * What a worker writes into the arrival ledger. Every arrival has an entry of 24 bytes: a million of them are in 32 MiB.
 * Details (some 500 bytes) are kept in a sixth of the memory: those of the newest exchanges, and apart from them, so for
 * longer, those of odd ones: repeated ids and exchanges that ended early. Past 1,000 exchanges a second of either
 * kind in a worker further ones leave their entry only.
 */
export class Ledger {
  readonly #entries: Entries
  readonly #newest: Details
  readonly #odd: Details
  readonly #latencies: RunLatencies
  readonly #worker: number
  readonly #keyNow: () => string
  #key: string
  /** From this thread's clock to that of the ledger, in ms. */
  readonly #offset: number
  #secondEndsAt = 0
  #newestLeft = 0
  #oddLeft = 0
  /** Most requests are of the run that the one before was of. */
  #lastRun = { name: '', hash: 0 }
  /** Whether this worker cuts what is still open. */
  isClosing = false

  constructor({ memory, worker, key }: LedgerOptions) {
    this.#entries = new Entries(memory)
    this.#newest = new Details(memory, 'newest')
    this.#odd = new Details(memory, 'odd')
    this.#latencies = new RunLatencies(memory)
    this.#worker = worker
    this.#offset = this.#entries.now() - performance.now()
    this.#keyNow = key
    this.#key = key().toLowerCase()
  }

  /** The header whose value is the id, in lower case. */
  get key(): string {
    return this.#key
  }

  /** The settings have changed. */
  retune(): void {
    this.#key = this.#keyNow().toLowerCase()
  }

  /** Begins the record of a request that has an id; undefined for others, which costs the look for one header. */
  begin(request: Arriving, route: string): Arrival | undefined {
    const key = this.#key
    const value = request.header(key)
    if (value === '') return undefined
    const id = idOf(key, value)
    const run = request.header(runHeader)
    const { method, listener, scheme, startedAt } = request
    const noted = this.#notedOf(hashOf(id), { run, method, listener, scheme }, startedAt)
    const place = this.#entries.note(noted, openEnd)
    const arrivedAt = this.#entries.dateOf(noted.at)
    const arrival = new Arrival(noted, place, { id, run, route, arrivedAt, request })
    if (request.isAskedLate !== true) arrival.capture()
    return arrival
  }

  /**
   * Notes the arrival of a request with an id, whose answer is short and soon done, if its details would not be kept;
   * else undefined: `begin` its record.
   */
  jot(value: string, noting: Noting): Jotted | undefined {
    const id = idOf(this.#key, value)
    const hash = hashOf(id)
    if (this.#hasRoom(this.#entries.has(hash))) return undefined
    const startedAt = performance.now()
    const noted = this.#notedOf(hash, noting, startedAt)
    const { number } = this.#entries.note(noted, openEnd)
    return { id, run: noting.run, number, noted, startedAt }
  }

  /** Ends one that was jotted, with a whole answer. */
  endJotted({ number, noted, startedAt }: Jotted, status: number): void {
    this.#entries.end(number, noted, { cause: 'complete', status })
    this.#latencies.add(noted.run, performance.now() - startedAt)
  }

  /** Makes a whole record of what was jotted. */
  unfold({ id, run, number, noted }: Jotted, request: RecordedRequest, route: string): Arrival {
    const arrivedAt = this.#entries.dateOf(noted.at)
    const place = { number, isRepeat: false }
    return new Arrival(noted, place, { id, run, route, arrivedAt, request })
  }

  /** Ends a record. */
  end(arrival: Arrival, over: ArrivalEnd): void {
    if (this.isClosing && over.isAborted) arrival.endsBy({ cause: 'drain', by: 'origin' })
    const end = arrival.endOf(over)
    const { noted, number } = arrival
    this.#entries.end(number, noted, { cause: end.cause, status: over.status })
    if (!isEarly(end.cause) && over.webSocket === undefined) {
      this.#latencies.add(noted.run, performance.now() - arrival.startedAt)
    }
    const isOdd = arrival.isRepeat || isEarly(end.cause)
    if (!this.#mayKeep(isOdd)) return
    const text = JSON.stringify(arrival.details(over, end))
    const ring = isOdd ? this.#odd : this.#newest
    ring.keep(text, { entry: number, id: noted.id, run: noted.run })
  }

  #notedOf(id: Hash, { run, method, listener, scheme }: Noting, startedAt: number): Noted {
    if (run !== this.#lastRun.name) this.#lastRun = { name: run, hash: hashOf(run).low }
    return {
      id,
      run: run === '' ? 0 : this.#lastRun.hash,
      at: startedAt + this.#offset,
      method,
      listener,
      scheme,
      worker: this.#worker,
    }
  }

  /** Whether details of one more exchange of a kind are kept. */
  #hasRoom(isOdd: boolean): boolean {
    const now = performance.now()
    if (now >= this.#secondEndsAt) {
      this.#secondEndsAt = now + 1000
      this.#newestLeft = this.#oddLeft = detailsPerSecond
    }
    return (isOdd ? this.#oddLeft : this.#newestLeft) > 0
  }

  #mayKeep(isOdd: boolean): boolean {
    if (!this.#hasRoom(isOdd)) return false
    if (isOdd) this.#oddLeft--
    else this.#newestLeft--
    return true
  }
}

// Of traceparent, the trace id.
function idOf(key: string, value: string): string {
  return key === 'traceparent' ? traceIdOf(value) : value
}

/** The trace id of a traceparent (W3C Trace Context 3.2), or all of what is none. */
export function traceIdOf(traceparent: string): string {
  return /^[\da-f]{2}-([\da-f]{32})-/.exec(traceparent)?.[1] ?? traceparent
}
