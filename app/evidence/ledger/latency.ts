import {
  type LedgerMemory,
  cells,
  latencySlots,
  latencyCells,
  layoutOf,
  slotCells,
} from './layout.ts'
import type { LedgerLatency } from './record.ts'

/**
 * How long the origin took for the exchanges of the newest 64 runs, and of none: a histogram each in shared memory, to
 * which all threads add. A run beyond those takes the place of the oldest; what other threads add to that one meanwhile
 * may count for the new.
 */
export class RunLatencies {
  readonly #cells: Int32Array
  readonly #slotsAt: number
  /** Where this thread added last. */
  #slot: number

  constructor({ memory, bytes }: LedgerMemory) {
    this.#cells = new Int32Array(memory)
    this.#slotsAt = layoutOf(bytes).latenciesAt
    this.#slot = this.#slotsAt
  }

  /** Adds an exchange of a run, by its hash; 0 is none. */
  add(run: number, ms: number): void {
    Atomics.add(this.#cells, this.#slotOf(run) + 1 + cellOf(ms), 1)
  }

  /** What is known of a run; null when nothing is: it is new, or 64 others have come since. */
  of(run: number): LedgerLatency | null {
    const counts = new Map<number, number>()
    // Two threads that meet a new run at once may each have claimed a place for it.
    for (const slot of this.#slotsOf(run)) {
      for (let cell = 0; cell < latencyCells; cell++) {
        const count = Atomics.load(this.#cells, slot + 1 + cell) >>> 0
        if (count > 0) counts.set(upToMs(cell), (counts.get(upToMs(cell)) ?? 0) + count)
      }
    }
    return latencyOf(counts)
  }

  #slotOf(run: number): number {
    if (run === 0) return this.#slotsAt
    if (this.#cells[this.#slot] !== run) this.#slot = this.#find(run) ?? this.#claim(run)
    return this.#slot
  }

  #find(run: number): number | undefined {
    for (const slot of this.#slotsOf(run)) return slot
    return undefined
  }

  *#slotsOf(run: number): Generator<number> {
    // The first is for exchanges without a run.
    const [from, to] = run === 0 ? [0, 1] : [1, latencySlots]
    for (let number = from; number < to; number++) {
      const slot = this.#slotsAt + number * slotCells
      if (Atomics.load(this.#cells, slot) === run) yield slot
    }
  }

  #claim(run: number): number {
    const number = Atomics.add(this.#cells, cells.nextRun, 1) >>> 0
    const slot = this.#slotsAt + (1 + (number % (latencySlots - 1))) * slotCells
    Atomics.store(this.#cells, slot, 0)
    this.#cells.fill(0, slot + 1, slot + slotCells)
    Atomics.store(this.#cells, slot, run)
    return slot
  }
}

/** Histograms of several pods as one; null when none of them has any. */
export function mergeLatencies(
  all: readonly (LedgerLatency | null | undefined)[],
): LedgerLatency | null {
  const counts = new Map<number, number>()
  for (const { up_to: upTo, count } of all.flatMap((one) => one?.buckets ?? [])) {
    counts.set(upTo, (counts.get(upTo) ?? 0) + count)
  }
  return latencyOf(counts)
}

/** Out of counts by upper bounds in ms. */
function latencyOf(counts: ReadonlyMap<number, number>): LedgerLatency | null {
  const buckets = [...counts]
    .map(([upTo, count]) => ({ up_to: upTo, count }))
    .toSorted((one, other) => one.up_to - other.up_to)
  const count = buckets.reduce((sum, bucket) => sum + bucket.count, 0)
  if (count === 0) return null
  const percentile = (share: number): number => {
    let left = Math.ceil(count * share)
    return buckets.find((bucket) => (left -= bucket.count) <= 0)?.up_to ?? 0
  }
  return { count, p50: percentile(0.5), p90: percentile(0.9), p99: percentile(0.99), buckets }
}

// Below 8 us a microsecond, above an eighth of a doubling; the last cell is for 36 minutes and more.
const stepBits = 3
const steps = 2 ** stepBits

function cellOf(ms: number): number {
  const us = Math.min(Math.max(ms, 0) * 1000, 2 ** 31 - 1) | 0
  const octave = 31 - Math.clz32(us | 1)
  if (octave < stepBits) return us
  return octave * steps + ((us >> (octave - stepBits)) & (steps - 1))
}

/** The least that is more than all of a cell. */
function upToMs(cell: number): number {
  const [octave, step] = [Math.floor(cell / steps), cell % steps]
  if (octave < stepBits) return (cell + 1) / 1000
  return (2 ** octave * (1 + (step + 1) / steps)) / 1000
}
