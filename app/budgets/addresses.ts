import { locked } from './lock.ts'

// Connections by their peers' addresses, in a hash table that all threads share. Changes take a lock: some 0.3 us for
// each connection.

// An entry: the address's key, connections whose end is reported with their address, and those that the primary counts
// again from time to time, because their end is reported without it.
const entryCells = 3
const [toldAt, recountedAt] = [1, 2] as const

// More addresses than connections can be open at once, with room to spare; 1.5 MiB once all are used.
const entryBits = 17
const entries = 2 ** entryBits
const mostUsed = (entries * 3) / 4

// Before the table: the lock, and how many entries have a key.
const lockCell = 0
const usedCell = 1
const tableAt = 2

// Between two searches for addresses that are not needed any more.
const roomEveryMs = 1000

/** How the end of a connection is reported: with its address, or by counting all again. */
export type Counting = 'told' | 'recounted'

/** Zeroed memory for a count of connections by address. */
export function createAddressCells(): SharedArrayBuffer {
  return new SharedArrayBuffer((tableAt + entries * entryCells) * Int32Array.BYTES_PER_ELEMENT)
}

/** Counts connections by address, over all threads. */
export class Addresses {
  readonly #cells: Int32Array
  #madeRoomAt = Number.NEGATIVE_INFINITY
  /** What this thread has added for connections whose end it reports, and not taken back. */
  readonly #own = new Map<number, number>()

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory)
  }

  /**
   * Counts a connection unless its address already has `most`; false then. An address for which there is no room is not
   * counted, and its connection is admitted.
   */
  enter(address: string, counting: Counting, most: number): boolean {
    const key = keyOf(address)
    const isIn = this.#locked(() => {
      const entry = this.#find(key, true)
      if (entry === undefined) return undefined
      if (this.#sum(entry) >= most) return false
      this.#add(entry, counting, 1)
      return true
    })
    if (isIn === true && counting === 'told') this.#own.set(key, (this.#own.get(key) ?? 0) + 1)
    return isIn !== false
  }

  /** An admitted connection has ended. */
  leave(address: string, counting: Counting): void {
    const key = keyOf(address)
    const own = this.#own.get(key) ?? 0
    if (counting === 'told' && own === 0) return
    if (counting === 'told' && own === 1) this.#own.delete(key)
    else if (counting === 'told') this.#own.set(key, own - 1)
    this.#take(key, counting, 1)
  }

  /** This thread ends, and its connections with it. */
  release(): void {
    for (const [key, count] of this.#own) this.#take(key, 'told', count)
    this.#own.clear()
  }

  /** How many connections an address has. */
  count(address: string): number {
    const entry = this.#find(keyOf(address), false)
    return entry === undefined ? 0 : this.#sum(entry)
  }

  /** Sets by address how many connections there are whose ends are not reported. */
  recount(counts: ReadonlyMap<string, number>): void {
    const byKey = new Map([...counts].map(([address, count]) => [keyOf(address), count]))
    this.#locked(() => {
      const cells = this.#cells
      for (let entry = tableAt; entry < cells.length; entry += entryCells) {
        const key = cells[entry] ?? 0
        if (key === 0) continue
        cells[entry + recountedAt] = byKey.get(key) ?? 0
        byKey.delete(key)
      }
      for (const [key, count] of byKey) {
        const entry = this.#find(key, true)
        if (entry !== undefined) cells[entry + recountedAt] = count
      }
    })
  }

  #take(key: number, counting: Counting, count: number): void {
    this.#locked(() => {
      const entry = this.#find(key, false)
      if (entry !== undefined) this.#add(entry, counting, -count)
    })
  }

  #add(entry: number, counting: Counting, amount: number): void {
    const cell = entry + (counting === 'told' ? toldAt : recountedAt)
    this.#cells[cell] = Math.max(0, (this.#cells[cell] ?? 0) + amount)
  }

  #sum(entry: number): number {
    return (this.#cells[entry + toldAt] ?? 0) + (this.#cells[entry + recountedAt] ?? 0)
  }

  /** The place of the key's entry; `makes` an entry when there is none yet and room is left. */
  #find(key: number, makes: boolean): number | undefined {
    const cells = this.#cells
    if (makes && (cells[usedCell] ?? 0) >= mostUsed) this.#makeRoom()
    for (let place = startOf(key, entryBits); ; place = (place + 1) % entries) {
      const entry = tableAt + place * entryCells
      if (cells[entry] === key) return entry
      if (cells[entry] !== 0) continue
      if (!makes || (cells[usedCell] ?? 0) >= mostUsed) return undefined
      cells[entry] = key
      cells[usedCell] = (cells[usedCell] ?? 0) + 1
      return entry
    }
  }

  // Addresses without connections stay until the room is needed. The search takes some milliseconds, so when all
  // addresses have connections it is not repeated at once.
  #makeRoom(): void {
    const cells = this.#cells
    const now = performance.now()
    if (now - this.#madeRoomAt < roomEveryMs) return
    this.#madeRoomAt = now
    const kept: (readonly [key: number, told: number, recounted: number])[] = []
    for (let entry = tableAt; entry < cells.length; entry += entryCells) {
      if (this.#sum(entry) === 0) continue
      kept.push([cells[entry] ?? 0, cells[entry + toldAt] ?? 0, cells[entry + recountedAt] ?? 0])
    }
    cells.fill(0, usedCell)
    for (const [key, told, recounted] of kept) {
      let place = startOf(key, entryBits)
      while (cells[tableAt + place * entryCells] !== 0) place = (place + 1) % entries
      cells.set([key, told, recounted], tableAt + place * entryCells)
    }
    cells[usedCell] = kept.length
  }

  #locked<T>(change: () => T): T | undefined {
    return locked(this.#cells, lockCell, change)
  }
}

/**
 * A number for an address, never 0: for IPv4 the address itself, however it is written; for IPv6 a hash (FNV-1a): among
 * 20,000 addresses the chance is 5 % that two share one.
 */
export function keyOf(address: string): number {
  const match = /^(?:::ffff:)?(\d+)\.(\d+)\.(\d+)\.(\d+)$/i.exec(address)
  let key = match === null ? 0x81_1c_9d_c5 : 0
  if (match !== null) for (const byte of match.slice(1)) key = (key << 8) | Number(byte)
  // Without the zone of a link-local address, which not every source gives.
  else
    for (const letter of address.replace(/%.*$/, ''))
      key = Math.imul(key ^ (letter.codePointAt(0) ?? 0), 0x01_00_01_93)
  return (key | 0) === 0 ? 1 : key | 0
}

/** Where to look for a key first in a table of 2^bits entries; neighbouring addresses are spread (Knuth's multiplicative hash). */
export function startOf(key: number, bits: number): number {
  return Math.imul(key, 0x9e_37_79_b1) >>> (32 - bits)
}
