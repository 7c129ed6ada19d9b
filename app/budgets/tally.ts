import { createHash } from 'node:crypto'

import { locked } from './lock.ts'

// An entry: 64 bits of the key's hash, the count, and a time in ms: of the first count of a period, or of the last use.
const entryCells = 4
const [countAt, timeAt] = [2, 3] as const

// A key may be in any entry of its set; 1 MiB for 65,536 keys once all are used.
const sets = 2 ** 13
const entriesOfSet = 8
const setCells = entryCells * entriesOfSet
const lockCell = 0
const tableAt = 1

/** Zeroed memory for counts by key. */
export function createTallyCells(): SharedArrayBuffer {
  return new SharedArrayBuffer((tableAt + sets * setCells) * Int32Array.BYTES_PER_ELEMENT)
}

/**
 * Counts by key, over all threads. There is room for 65,536 keys. A further key replaces the one of its set that was
 * not used for the longest time, and the count of that one begins again.
 */
export class Tally {
  readonly #cells: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory)
  }

  /** Counts one more under a key; returns how many there were before. */
  next(key: string): number {
    const count = this.#change(key, (entry) => {
      const cells = this.#cells
      cells[entry + timeAt] = nowMs()
      const before = cells[entry + countAt] ?? 0
      cells[entry + countAt] = before + 1
      return before
    })
    return count ?? 0
  }

  /**
   * Counts one more in the key's period of so many milliseconds, which begins with its first count. Returns how many
   * there are now, and how many milliseconds are left.
   */
  nextWithin(key: string, periodMs: number): { readonly count: number; readonly leftMs: number } {
    const counted = this.#change(key, (entry) => {
      const cells = this.#cells
      const now = nowMs()
      const isNew = (cells[entry + countAt] ?? 0) === 0
      const passed = (now - (cells[entry + timeAt] ?? 0)) | 0
      const begins = isNew || passed >= periodMs || passed < 0
      if (begins) cells[entry + timeAt] = now
      const count = begins ? 1 : (cells[entry + countAt] ?? 0) + 1
      cells[entry + countAt] = count
      return { count, leftMs: begins ? periodMs : periodMs - passed }
    })
    return counted ?? { count: 1, leftMs: periodMs }
  }

  /** Takes a place under a key unless `most` are taken; true if there was one. */
  enter(key: string, most: number): boolean {
    const isIn = this.#change(key, (entry) => {
      const cells = this.#cells
      cells[entry + timeAt] = nowMs()
      const taken = cells[entry + countAt] ?? 0
      if (taken >= most) return false
      cells[entry + countAt] = taken + 1
      return true
    })
    return isIn ?? false
  }

  /** Returns a place that `enter` took. */
  leave(key: string): void {
    this.#change(key, (entry) => {
      const cells = this.#cells
      cells[entry + countAt] = Math.max(0, (cells[entry + countAt] ?? 0) - 1)
    })
  }

  #change<T>(key: string, change: (entry: number) => T): T | undefined {
    const [low, high] = hashOf(key)
    return locked(this.#cells, lockCell, () => change(this.#find(low, high)))
  }

  /** The key's entry; if it has none yet, a free one or the one that was not used for the longest time. */
  #find(low: number, high: number): number {
    const cells = this.#cells
    const first = tableAt + (low >>> 19) * setCells
    const now = nowMs()
    let oldest = first
    let oldestMs = -1
    for (let entry = first; entry < first + setCells; entry += entryCells) {
      if (cells[entry] === low && cells[entry + 1] === high) return entry
      const isFree = cells[entry] === 0 && cells[entry + 1] === 0
      const ageMs = isFree ? Infinity : (now - (cells[entry + timeAt] ?? 0)) >>> 0
      if (ageMs > oldestMs) [oldest, oldestMs] = [entry, ageMs]
    }
    cells.fill(0, oldest, oldest + entryCells)
    cells[oldest] = low
    cells[oldest + 1] = high
    return oldest
  }
}

// The process's own clock, the same for all its threads, in 32 bits.
function nowMs(): number {
  return Math.trunc(performance.timeOrigin + performance.now()) | 0
}

// A client that chooses keys must not find two with the same hash.
function hashOf(key: string): readonly [low: number, high: number] {
  const hash = createHash('sha1').update(key).digest()
  return [hash.readInt32LE(0) | 1, hash.readInt32LE(4)]
}
