import type { Identity } from '../identity.ts'
import { type Detail, Details } from './details.ts'
import { Entries, type Entry } from './entries.ts'
import { hashOf } from './hash.ts'
import { RunLatencies } from './latency.ts'
import type { LedgerMemory } from './layout.ts'
import {
  type LedgerAnswer,
  type LedgerRecord,
  type LedgerSummary,
  type LedgerView,
} from './record.ts'
import { RunIds, keyOf } from './run-ids.ts'
import { RunTally, oddOf } from './run-tally.ts'

/** What a reader of the ledger needs. */
export interface LedgerReaderOptions {
  readonly memory: LedgerMemory
  readonly identity: () => Identity
  readonly ttlMs: () => number
}

// A client may give all its requests one id: of a million attempts the newest 1,000 are told, some 1 MiB of JSON.
const mostAttempts = 1000

// A summary of a million records takes some 0.3 s: other exchanges go first in between.
const recordsPerTurn = 32_768

/** Reads the arrival ledger of this pod: any thread can, while others write. */
export class LedgerReader implements LedgerView {
  readonly #options: LedgerReaderOptions
  readonly #entries: Entries
  readonly #rings: readonly Details[]
  readonly #latencies: RunLatencies

  constructor(options: LedgerReaderOptions) {
    this.#options = options
    this.#entries = new Entries(options.memory)
    this.#latencies = new RunLatencies(options.memory)
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
    const { newest, older } = this.#entries.find(hash, mostAttempts)
    const details = new Map<number, Detail>()
    if (newest.length > 0) {
      for (const detail of this.#details()) {
        if (detail.low === hash.low && detail.high === hash.high) details.set(detail.entry, detail)
      }
    }
    const attempts = newest.map((entry, index) =>
      this.#recordOf(entry, { id, attempt: older + index + 1, detail: details.get(entry.number) }),
    )
    return { id, attempts, attempts_cut: older, dropped: this.#entries.dropped }
  }

  /** The newest exchanges that have ended and whose details are kept, newest first; attempts are counted up to 1,001. */
  recent(most: number): readonly LedgerRecord[] {
    this.#sweep()
    // Numbers wrap at 2^32.
    const newest = [...this.#details()].toSorted((a, b) => (b.entry - a.entry) | 0).slice(0, most)
    return newest.flatMap((detail) => {
      const seen = this.#entries.look(detail.entry, mostAttempts)
      const { id } = parse(detail)
      if (seen === undefined || id === undefined) return []
      return [this.#recordOf(seen.entry, { id, attempt: seen.older + 1, detail })]
    })
  }

  /** What came under the name of a run; '' for all that came without one. */
  async summarize(run: string): Promise<LedgerSummary> {
    this.#sweep()
    const hash = runHash(run)
    const tally = new RunTally()
    let turn = 0
    for (const entry of this.#entries.all()) {
      if (++turn % recordsPerTurn === 0) await new Promise(setImmediate)
      if (entry.run === hash) tally.add(entry, () => this.#anotherOf(entry, hash))
    }
    const names = this.#namesOfOdd(tally.odd)
    const odd = [...tally.odd].flatMap(([key, one]) => {
      const id = names.get(key)
      return id === undefined ? [] : [oddOf(id, one)]
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
      latency: this.#latencies.of(hash),
    }
  }

  /** The ids of a run, for another pod to add up. */
  async idsOf(run: string): Promise<RunIds> {
    this.#sweep()
    const ids = new RunIds()
    const hash = runHash(run)
    let turn = 0
    for (const entry of this.#entries.all()) {
      if (++turn % recordsPerTurn === 0) await new Promise(setImmediate)
      if (entry.run === hash) ids.add(entry)
    }
    return ids
  }

  /** Names of ids of a run, as far as details have them. */
  *namesOf(run: string): Generator<string> {
    const hash = runHash(run)
    for (const detail of this.#details()) {
      const id = detail.run === hash ? parse(detail).id : undefined
      if (id !== undefined) yield id
    }
  }

  #sweep(): void {
    this.#entries.sweep(this.#options.ttlMs())
  }

  *#details(): Generator<Detail> {
    for (const ring of this.#rings) yield* ring.all()
  }

  /** Another arrival of the same id in the run, linked before this one: one that came before it if there is one. */
  #anotherOf(entry: Entry, run: number): Entry | undefined {
    let later: Entry | undefined
    for (const other of this.#entries.before(entry)) {
      if (other.run !== run) continue
      if (((entry.number - other.number) | 0) > 0) return other
      later = other
    }
    return later
  }

  /** The texts of ids, as far as details have them. */
  #namesOfOdd(odd: ReadonlyMap<number, unknown>): ReadonlyMap<number, string> {
    const names = new Map<number, string>()
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

/** The hash that entries have of a run; 0 for none. */
export function runHash(run: string): number {
  return run === '' ? 0 : hashOf(run).low
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
  attempt_total: null,
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
    first_byte: null,
    head_end: null,
    body_first: null,
    body_last: null,
    continue_sent: null,
    answer_first: null,
    answer_last: null,
    client_fin: null,
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
  websocket: null,
  end: { cause: 'open', by: null, code: null, at: null, fault: null },
  work_after_client_left: null,
  retry_hints: {},
}
