import type { Entry } from './entries.ts'
import { type EndCause, type LedgerCounts, type OddId, type OddWhy, isEarly } from './record.ts'
import { keyOf } from './run-ids.ts'

/** The most odd ids that a summary lists. */
export const mostOdd = 1000

/** What came of an odd id. */
export interface OddEntries {
  readonly attempts: number
  /** In order of arrival, at most `mostEnds`. */
  readonly ends: readonly EndCause[]
  readonly hasEarly: boolean
}

const mostEnds = 100

/** Adds up the entries of one run, which are given in order of arrival. Remembers no id that came once. */
export class RunTally {
  ids = 0
  duplicated = 0
  aborted = 0
  oddIds = 0
  /** By the ids' keys (keyOf), at most `mostOdd` ids. */
  readonly odd = new Map<number, OddEntries>()
  readonly #repeated = new Map<number, Repeated>()
  readonly #all: Count = { records: 0, aborted: 0 }
  readonly #byMethod: Record<string, Count> = {}
  readonly #byListener: Record<string, Count> = {}

  /** Takes an entry; `another` finds one of the same id, one that came before it if there is one. */
  add(entry: Entry, another: () => Entry | undefined): void {
    for (const count of this.#countsOf(entry)) {
      count.records++
      if (isEarly(entry.cause)) count.aborted++
    }
    const key = keyOf(entry)
    const known = this.#repeated.get(key)
    if (known !== undefined) {
      this.#addOdd(key, [entry], false)
      return this.#addRepeat(entry, key, known)
    }
    const other = another()
    if (other === undefined) return this.#addFirst(entry, key)
    // Two threads that wrote at once may have linked theirs in the other order: then it is still to come.
    if (((entry.number - other.number) | 0) < 0) {
      this.#addFirst(entry, key)
      if (!isEarly(entry.cause)) this.#addOdd(key, [entry], true)
      this.#repeated.set(key, { isCounted: false, hasEarly: isEarly(entry.cause) })
      return
    }
    const hadEarly = isEarly(other.cause)
    this.#addOdd(key, [other, entry], !hadEarly)
    this.#addRepeat(entry, key, { isCounted: false, hasEarly: hadEarly })
  }

  #addFirst(entry: Entry, key: number): void {
    this.ids++
    if (!isEarly(entry.cause)) return
    this.aborted++
    this.#addOdd(key, [entry], true)
  }

  #addRepeat(entry: Entry, key: number, { isCounted, hasEarly }: Repeated): void {
    if (!isCounted) this.duplicated++
    if (!hasEarly && isEarly(entry.cause)) this.aborted++
    this.#repeated.set(key, { isCounted: true, hasEarly: hasEarly || isEarly(entry.cause) })
  }

  #addOdd(key: number, entries: readonly Entry[], isNew: boolean): void {
    if (isNew) this.oddIds++
    const known = this.odd.get(key)
    if (known === undefined && this.odd.size >= mostOdd) return
    const added = known === undefined ? entries : entries.slice(-1)
    const causes = added.map(({ cause }) => cause)
    this.odd.set(key, {
      attempts: (known?.attempts ?? 0) + added.length,
      ends: [...(known?.ends ?? []), ...causes].slice(0, mostEnds),
      hasEarly: known?.hasEarly === true || causes.some((cause) => isEarly(cause)),
    })
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

/** What is known of an id that comes more than once. */
interface Repeated {
  /** Among the duplicated. */
  readonly isCounted: boolean
  /** One of its attempts so far ended early. */
  readonly hasEarly: boolean
}

interface Count {
  records: number
  aborted: number
}

function countIn(counts: Record<string, Count>, name: string): Count {
  return (counts[name] ??= { records: 0, aborted: 0 })
}

/** What a summary says of an odd id. */
export function oddOf(id: string, { attempts, ends, hasEarly }: OddEntries): OddId {
  const why: OddWhy[] = []
  if (attempts > 1) why.push('duplicated')
  if (hasEarly) why.push('aborted')
  return { id, why, attempts, ends }
}
