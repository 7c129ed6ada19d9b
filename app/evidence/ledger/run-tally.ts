import type { Entry } from './entries.ts'
import { type LedgerCounts, type OddId, type OddWhy, isEarly } from './record.ts'

/** The most odd ids that a summary lists. */
export const mostOdd = 1000

/** Adds up the entries of one run. */
export class RunTally {
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

/** The hash of an id as one text. */
export function keyOf({ low, high }: { readonly low: number; readonly high: number }): string {
  return `${low} ${high}`
}

/** What a summary says of an odd id. */
export function oddOf(id: string, entries: readonly Entry[]): OddId {
  const why: OddWhy[] = []
  if (entries.length > 1) why.push('duplicated')
  if (entries.some(({ cause }) => isEarly(cause))) why.push('aborted')
  return { id, why, attempts: entries.length, ends: entries.map(({ cause }) => cause) }
}
