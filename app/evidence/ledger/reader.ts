import type { Identity } from '../identity.ts'
import { type Detail, Details } from './details.ts'
import { Entries, type Entry } from './entries.ts'
import { hashOf } from './hash.ts'
import type { LedgerMemory } from './layout.ts'
import {
  type LedgerAnswer,
  type LedgerCounts,
  type LedgerRecord,
  type LedgerSummary,
  type LedgerView,
  type OddId,
  type OddWhy,
  isEarly,
} from './record.ts'

/** What a reader of the ledger needs. */
export interface LedgerReaderOptions {
  readonly memory: LedgerMemory
  readonly identity: () => Identity
  readonly ttlMs: () => number
}

/** The most odd ids that a summary lists. */
export const mostOdd = 1000

// A summary of a million records takes some 0.3 s: other exchanges go first in between.
const recordsPerTurn = 32_768

/** Reads the arrival ledger of this pod: any thread can, while others write. */
export class LedgerReader implements LedgerView {
  readonly #options: LedgerReaderOptions
  readonly #entries: Entries
  readonly #rings: readonly Details[]

  constructor(options: LedgerReaderOptions) {
    this.#options = options
    this.#entries = new Entries(options.memory)
    this.#rings = [new Details(options.memory, 'odd'), new Details(options.memory, 'newest')]
  }

  /** Records that are kept, and those that made room for newer ones. */
  totals(): { readonly records: number; readonly dropped: number } {
    this.#sweep()
    return { records: this.#entries.size, dropped: this.#entries.dropped }
  }

  /** What is known of an id; no attempts when it is not known. */
  find(id: string): LedgerAnswer {
    this.#sweep()
    const hash = hashOf(id)
    const entries = this.#entries.find(hash)
    const details = new Map<number, Detail>()
    if (entries.length > 0) {
      for (const detail of this.#details()) {
        if (detail.low === hash.low && detail.high === hash.high) details.set(detail.entry, detail)
      }
    }
    const attempts = entries.map((entry, index) =>
      this.#recordOf(entry, { id, attempt: index + 1, detail: details.get(entry.number) }),
    )
    return { id, attempts, dropped: this.#entries.dropped }
  }

  /** What came under the name of a run; '' for all that came without one. */
  async summarize(run: string): Promise<LedgerSummary> {
    this.#sweep()
    const hash = run === '' ? 0 : hashOf(run).low
    const tally = new RunTally()
    let turn = 0
    for (const entry of this.#entries.all()) {
      if (++turn % recordsPerTurn === 0) await new Promise(setImmediate)
      if (entry.run === hash) tally.add(entry, this.#before(entry, hash))
    }
    const names = this.#namesOf(tally.odd)
    const odd = [...tally.odd.values()].flatMap((entries) => {
      const [first] = entries
      const id = first && names.get(keyOf(first))
      return id === undefined ? [] : [oddOf(id, entries)]
    })
    const counts = tally.counts()
    return {
      run,
      ids: tally.ids,
      once: tally.ids - tally.duplicated,
      duplicated: tally.duplicated,
      aborted: tally.aborted,
      odd,
      odd_cut: odd.length < tally.oddIds,
      records: counts.all.records,
      dropped: this.#entries.dropped,
      by_pod: counts.all.records === 0 ? {} : { [this.#options.identity().pod]: counts.all },
      by_method: counts.byMethod,
      by_listener: counts.byListener,
    }
  }

  #sweep(): void {
    this.#entries.sweep(Date.now(), this.#options.ttlMs())
  }

  *#details(): Generator<Detail> {
    for (const ring of this.#rings) yield* ring.all()
  }

  /** Older arrivals of the same id in the run, oldest first. */
  #before(entry: Entry, run: number): readonly Entry[] {
    return [...this.#entries.before(entry)].filter((older) => older.run === run).toReversed()
  }

  /** The texts of ids, as far as details have them. */
  #namesOf(odd: ReadonlyMap<string, unknown>): ReadonlyMap<string, string> {
    const names = new Map<string, string>()
    if (odd.size === 0) return names
    for (const detail of this.#details()) {
      const key = keyOf(detail)
      if (!odd.has(key) || names.has(key)) continue
      const { id } = parse(detail)
      if (id !== undefined) names.set(key, id)
    }
    return names
  }

  #recordOf(
    entry: Entry,
    {
      id,
      attempt,
      detail,
    }: { readonly id: string; readonly attempt: number; readonly detail: Detail | undefined },
  ): LedgerRecord {
    const known = detail === undefined ? {} : parse(detail)
    return {
      ...nothing,
      ...this.#options.identity(),
      worker: entry.worker,
      listener: entry.listener,
      scheme: entry.scheme,
      method: entry.method,
      arrived_ms: entry.arrivedAt,
      status: entry.status,
      end: { ...nothing.end, cause: entry.cause },
      ...known,
      id,
      attempt,
      is_full: known.id !== undefined,
    }
  }
}

/** Adds up the entries of one run. */
class RunTally {
  ids = 0
  duplicated = 0
  aborted = 0
  oddIds = 0
  /** Entries of odd ids by the ids' hashes, at most `mostOdd` ids. */
  readonly odd = new Map<string, Entry[]>()
  readonly #all: Count = { records: 0, aborted: 0 }
  readonly #byMethod: Record<string, Count> = {}
  readonly #byListener: Record<string, Count> = {}

  /** Takes an entry, and those of the same id before it. */
  add(entry: Entry, before: readonly Entry[]): void {
    const early = isEarly(entry.cause)
    const wasEarly = before.some(({ cause }) => isEarly(cause))
    if (before.length === 0) this.ids++
    if (before.length === 1) this.duplicated++
    if (early && !wasEarly) this.aborted++
    for (const count of this.#countsOf(entry)) {
      count.records++
      if (early) count.aborted++
    }
    if (early || before.length > 0) this.#addOdd(entry, before, before.length < 2 && !wasEarly)
  }

  #addOdd(entry: Entry, before: readonly Entry[], isNew: boolean): void {
    if (isNew) this.oddIds++
    const key = keyOf(entry)
    const known = this.odd.get(key)
    if (known !== undefined) known.push(entry)
    else if (this.odd.size < mostOdd) this.odd.set(key, [...before, entry])
  }

  #countsOf({ method, listener }: Entry): readonly Count[] {
    return [this.#all, countIn(this.#byMethod, method), countIn(this.#byListener, listener)]
  }

  counts(): {
    readonly all: LedgerCounts
    readonly byMethod: Readonly<Record<string, LedgerCounts>>
    readonly byListener: Readonly<Record<string, LedgerCounts>>
  } {
    return { all: this.#all, byMethod: this.#byMethod, byListener: this.#byListener }
  }
}

interface Count {
  records: number
  aborted: number
}

function countIn(counts: Record<string, Count>, name: string): Count {
  return (counts[name] ??= { records: 0, aborted: 0 })
}

function keyOf({ low, high }: { readonly low: number; readonly high: number }): string {
  return `${low} ${high}`
}

function oddOf(id: string, entries: readonly Entry[]): OddId {
  const why: OddWhy[] = []
  if (entries.length > 1) why.push('duplicated')
  if (entries.some(({ cause }) => isEarly(cause))) why.push('aborted')
  return { id, why, attempts: entries.length, ends: entries.map(({ cause }) => cause) }
}

/** A detail's record; empty when it was written over, or is not what it says. */
function parse(detail: Detail): Partial<LedgerRecord> {
  try {
    const record = JSON.parse(detail.text()) as Partial<LedgerRecord>
    return typeof record.id === 'string' ? record : {}
  } catch {
    return {}
  }
}

/** A record of which nothing is known. */
const nothing: LedgerRecord = {
  id: '',
  run: null,
  attempt: 1,
  is_full: false,
  pod: '',
  namespace: null,
  node: null,
  zone: null,
  version: '',
  worker: 0,
  listener: '',
  scheme: null,
  connection: null,
  request_on_connection: null,
  idle_before_ms: null,
  source_address: null,
  arrived_ms: 0,
  times: {
    head_end: null,
    body_first: null,
    body_last: null,
    continue_sent: null,
    answer_first: null,
    answer_last: null,
    end: null,
  },
  method: '',
  target: null,
  route: '',
  headers: null,
  headers_cut: false,
  trailers: null,
  http_version: '',
  alpn: null,
  sni: null,
  body_bytes: 0,
  body_complete: null,
  body_hash: null,
  first_bad_offset: null,
  pieces: null,
  pieces_cut: false,
  expect: null,
  interims: [],
  faults: [],
  status: 0,
  bytes_written: 0,
  end: { cause: 'open', by: null, code: null, at: null, fault: null },
  work_after_client_left: null,
  retry_hints: {},
}
