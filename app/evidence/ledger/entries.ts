import { steadyMs } from './clock.ts'
import { lapOf, mostLap, packFlags, unpackFlags } from './flags.ts'
import type { Hash } from './hash.ts'
import { type LedgerMemory, cells, entryCells, layoutOf } from './layout.ts'
import type { EndCause } from './record.ts'

/** What an entry of the index says of one arrival. */
export interface Entry {
  /** Its place in the order of arrival; wraps at 2^32. */
  readonly number: number
  /** Unix time in ms. */
  readonly arrivedAt: number
  readonly method: string
  readonly listener: string
  readonly scheme: 'http' | 'https'
  readonly cause: EndCause
  readonly status: number
  /** The worker's seat; 63 stands for that and all higher ones. */
  readonly worker: number
  readonly low: number
  readonly high: number
  readonly run: number
}

/** What is noted of an arrival. */
export type Noted = Pick<Entry, 'method' | 'listener' | 'scheme' | 'worker'> & {
  /** Milliseconds since the ledger began. */
  readonly at: number
  readonly id: Hash
  /** Hash of the run's name; 0 for none. */
  readonly run: number
}

/** What is noted of its end. */
export type NotedEnd = Pick<Entry, 'cause' | 'status'>

const [timeAt, lowAt, highAt, runAt, beforeAt] = [1, 2, 3, 4, 5] as const

/**
 * One entry of 24 bytes for each arrival, in a ring that all threads write: a number is taken by one atomic addition, so
 * nobody waits and nobody can hold others up. Entries of one hash are a chain, newest first. A thread that dies while it
 * writes leaves an entry that says nothing, and is written over in its turn.
 */
export class Entries {
  readonly #cells: Int32Array
  readonly #dropped: BigInt64Array
  readonly #count: number
  readonly #lapShift: number
  readonly #headMask: number
  readonly #headsAt: number
  readonly #entriesAt: number
  readonly #startedAt: number
  readonly #steadyAt: number

  constructor({ memory, bytes }: LedgerMemory) {
    const layout = layoutOf(bytes)
    this.#cells = new Int32Array(memory)
    this.#dropped = new BigInt64Array(memory, cells.dropped * 4, 1)
    this.#startedAt = new Float64Array(memory, cells.startedAt * 4, 1)[0] ?? 0
    this.#steadyAt = new Float64Array(memory, cells.steadyAt * 4, 1)[0] ?? 0
    this.#count = layout.entries
    this.#lapShift = Math.log2(layout.entries)
    this.#headMask = layout.heads - 1
    this.#headsAt = layout.headsAt
    this.#entriesAt = layout.entriesAt
  }

  /** How many there is room for. */
  get capacity(): number {
    return this.#count
  }

  /** Milliseconds since the ledger began. */
  now(): number {
    return steadyMs() - this.#steadyAt
  }

  /** The Unix time in ms that is so many milliseconds after the ledger began. */
  dateOf(ms: number): number {
    return this.#startedAt + ms
  }

  /** Entries that are kept now. */
  get size(): number {
    const kept = (this.#next - this.#first) >>> 0
    return Math.min(kept, this.#count)
  }

  /** Entries that made room for newer ones since the ledger began. */
  get dropped(): number {
    return Number(Atomics.load(this.#dropped, 0)) + this.#overwritten
  }

  /** Notes an arrival that has not ended; gives back its number, and whether its id was there before. */
  note(noted: Noted, end: NotedEnd): { readonly number: number; readonly isRepeat: boolean } {
    const memory = this.#cells
    const { id, run } = noted
    const number = Atomics.add(memory, cells.nextEntry, 1) >>> 0
    const at = this.#at(number)
    Atomics.store(memory, at, 0)
    memory[at + timeAt] = noted.at
    memory[at + lowAt] = id.low
    memory[at + highAt] = id.high
    memory[at + runAt] = run
    const head = this.#headOf(id.low)
    const flags = this.#flagsOf(number, noted, end)
    let before = Atomics.load(memory, head)
    const isRepeat = this.#hasAny(before >>> 0, id)
    memory[at + beforeAt] = before
    Atomics.store(memory, at, flags)
    for (;;) {
      const found = Atomics.compareExchange(memory, head, before, number | 0)
      if (found === before) return { number, isRepeat }
      before = found
      memory[at + beforeAt] = before
    }
  }

  /** Whether an arrival of an id is kept. */
  has(id: Hash): boolean {
    return this.#hasAny(Atomics.load(this.#cells, this.#headOf(id.low)) >>> 0, id)
  }

  /** Notes the end of the arrival with a number, if its entry is still there. */
  end(number: number, noted: Noted, end: NotedEnd): void {
    const begun = this.#flagsOf(number, noted, openEnd)
    Atomics.compareExchange(this.#cells, this.#at(number), begun, this.#flagsOf(number, noted, end))
  }

  /** The newest arrivals of an id that are kept, oldest first, and how many came before them: a client may use one id always. */
  find(id: Hash, most: number): { readonly newest: readonly Entry[]; readonly older: number } {
    const numbers: number[] = []
    let older = 0
    for (const number of this.#numbersOf(id, Atomics.load(this.#cells, this.#headOf(id.low)))) {
      if (numbers.length < most) numbers.push(number)
      else older++
    }
    const newest = numbers.toReversed().flatMap((number) => this.#read(number) ?? [])
    return { newest, older }
  }

  /** Arrivals of the same id before this one, newest first. */
  *before({ number, low, high }: Entry): Generator<Entry> {
    for (const other of this.#numbersOf({ low, high }, this.#linkOf(number))) {
      const entry = this.#read(other)
      if (entry !== undefined) yield entry
    }
  }

  /** The arrival with a number, and how many of the same id came before it, as far as `most`. */
  look(
    number: number,
    most: number,
  ): { readonly entry: Entry; readonly older: number } | undefined {
    const entry = this.#isKept(number) ? this.#read(number) : undefined
    if (entry === undefined) return undefined
    let older = 0
    for (const _ of this.#numbersOf(entry, this.#linkOf(number))) if (++older === most) break
    return { entry, older }
  }

  /** All that are kept, oldest first. */
  *all(): Generator<Entry> {
    const next = this.#next
    for (let left = this.size; left > 0; left--) {
      const entry = this.#read((next - left) >>> 0)
      if (entry !== undefined) yield entry
    }
  }

  /** Forgets what is older than `ttlMs`, and counts what was written over. To be called now and then, by any thread. */
  sweep(ttlMs: number): void {
    const now = this.now()
    const first = this.#first
    const next = this.#next
    const overwritten = this.#overwrittenOf(first, next)
    let kept = (first + overwritten) >>> 0
    while (kept !== next && this.#isOld(kept, now, ttlMs)) kept = (kept + 1) >>> 0
    const found = Atomics.compareExchange(this.#cells, cells.firstEntry, first | 0, kept | 0)
    if (found === (first | 0)) Atomics.add(this.#dropped, 0, BigInt(overwritten))
  }

  get #next(): number {
    return Atomics.load(this.#cells, cells.nextEntry) >>> 0
  }

  get #first(): number {
    return Atomics.load(this.#cells, cells.firstEntry) >>> 0
  }

  get #overwritten(): number {
    return this.#overwrittenOf(this.#first, this.#next)
  }

  #overwrittenOf(first: number, next: number): number {
    return Math.max(0, ((next - first) >>> 0) - this.#count)
  }

  #at(number: number): number {
    return this.#entriesAt + (number & (this.#count - 1)) * entryCells
  }

  #headOf(low: number): number {
    return this.#headsAt + (low & this.#headMask)
  }

  #lapOf(number: number): number {
    return (number >>> this.#lapShift) & mostLap
  }

  #flagsOf(number: number, noted: Noted, end: NotedEnd): number {
    return packFlags(this.#lapOf(number), noted, end)
  }

  /** Whether a number is of an entry that is kept. */
  #isKept(number: number): boolean {
    const age = (this.#next - number) >>> 0
    return number !== 0 && age > 0 && age <= this.size
  }

  #isOld(number: number, now: number, ttlMs: number): boolean {
    const at = this.#at(number)
    // Being written; or its thread died over it, when many have come since.
    if (Atomics.load(this.#cells, at) === 0) return (this.#next - number) >>> 0 > mostAtWork
    return now - this.#timeAt(at, now) > ttlMs
  }

  /** Milliseconds since the ledger began. Cells have 32 bits of it, so it is right for 49 days. */
  #timeAt(at: number, now: number): number {
    const ageMs = (now - (this.#cells[at + timeAt] ?? 0)) >>> 0
    // Another thread's look at the clock may be a little later than ours.
    return ageMs > 2 ** 32 - 2 ** 26 ? now : now - ageMs
  }

  #hasAny(head: number, id: Hash): boolean {
    for (let number = head; this.#isKept(number);) {
      const at = this.#at(number)
      if (this.#cells[at + lowAt] === id.low && this.#cells[at + highAt] === id.high) return true
      number = this.#linkOf(number)
    }
    return false
  }

  /** The numbers of an id's entries in the chain that begins with `head`, newest first. */
  *#numbersOf({ low, high }: Hash, head: number): Generator<number> {
    for (let number = head >>> 0; this.#isKept(number);) {
      const at = this.#at(number)
      if (this.#cells[at + lowAt] === low && this.#cells[at + highAt] === high) yield number
      number = this.#linkOf(number)
    }
  }

  /**
   * The next entry of a chain, which threads that write at once may have linked in another order than they took their
   * numbers. 0 at the end, and when the entry was written over meanwhile: what it leads to is another chain then.
   */
  #linkOf(number: number): number {
    const at = this.#at(number)
    const before = (this.#cells[at + beforeAt] ?? 0) >>> 0
    const flags = Atomics.load(this.#cells, at)
    return flags !== 0 && lapOf(flags) === this.#lapOf(number) ? before : 0
  }

  #read(number: number): Entry | undefined {
    const memory = this.#cells
    const at = this.#at(number)
    const flags = Atomics.load(memory, at)
    if (flags === 0 || lapOf(flags) !== this.#lapOf(number)) return undefined
    const entry: Entry = {
      number,
      arrivedAt: this.dateOf(this.#timeAt(at, this.now())),
      ...unpackFlags(flags),
      low: memory[at + lowAt] ?? 0,
      high: memory[at + highAt] ?? 0,
      run: memory[at + runAt] ?? 0,
    }
    // Its end may have come; another arrival in its place may not.
    const isSame = lapOf(Atomics.load(memory, at)) === this.#lapOf(number)
    return isSame ? entry : undefined
  }
}

// Threads that can be in the middle of writing at once.
const mostAtWork = 1024

/** The end of an exchange that is under way. */
export const openEnd: NotedEnd = { cause: 'open', status: 0 }
