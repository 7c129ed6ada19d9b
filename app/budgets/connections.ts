import { Addresses, type Counting } from './addresses.ts'
import {
  type AccountedListener,
  ConnectionAccount,
  type ConnectionReport,
  createAccountCells,
  reportConnections,
  settleAccounts,
} from './connection-accounts.ts'
import { mostSeats } from './seats.ts'

// The number of connections is read from several cells and written to one, so that no thread waits for
// another. A thread that is gone takes its share with it: the thread that saw it go sets its cell to 0.

// Cells before those of the seats: the limit; how many seats were ever taken; the open connections of the admin port,
// which the primary serves, and those that had to make room; then the limit for an address.
const limitCell = 0
const seatsCell = 1
const adminCell = 2
const adminRejectedCell = 3
const perAddressCell = 4
const firstSeatCell = 5

// After the seats' counts, the number of the last connection of each. A worker continues where the one before it in its
// seat stopped, so that no two connections of the process have the same id.
const firstNumberCell = firstSeatCell + mostSeats
const cellCount = firstNumberCell + mostSeats

// Until the primary has set it.
const noLimit = 2 ** 31 - 1

/** Zeroed memory for the count of connections: a cell for each seat, which only its holder writes. */
export function createConnectionCells(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(cellCount * Int32Array.BYTES_PER_ELEMENT)
  new Int32Array(memory)[limitCell] = noLimit
  return memory
}

/** Why a connection may not stay: the limit is reached, in all or for its address, or the process has no file left. */
export type Refusal = 'limit' | 'address' | 'files'

/** Where connections are counted: all of them, and by address. */
export interface CountedConnections {
  readonly connections: SharedArrayBuffer
  readonly addresses: SharedArrayBuffer
  /** What became of them. */
  readonly accounts: SharedArrayBuffer
}

/** A worker's side of the count of all workers' connections. */
export class Connections {
  readonly #cells: Int32Array
  readonly #addresses: Addresses
  readonly #accounts: SharedArrayBuffer
  /** The fast listener alone has its connections recounted. */
  readonly #fast: ConnectionAccount
  readonly #own: number
  readonly #seat: number
  #isOutOfFiles = false

  /** `seat` is the worker's number; no other worker may hold it. */
  constructor({ connections, addresses, accounts }: CountedConnections, seat: number) {
    this.#accounts = accounts
    this.#fast = new ConnectionAccount(accounts, seat, 'fast')
    this.#cells = new Int32Array(connections)
    this.#addresses = new Addresses(addresses)
    this.#own = firstSeatCell + seat
    this.#seat = seat
    growTo(this.#cells, seat + 1)
  }

  /**
   * An id that no other connection of this process has, of any worker or listener, past or present: `<worker>-<n>`,
   * such as `0-17`. The worker is its number in metrics.
   */
  nextId(): string {
    const number = Atomics.add(this.#cells, firstNumberCell + this.#seat, 1) + 1
    return `${this.#seat}-${number >>> 0}`
  }

  /** Where a listener of this worker reports what becomes of its connections; it opens one for all its ports. */
  accountOf(listener: AccountedListener): ConnectionAccount {
    return new ConnectionAccount(this.#accounts, this.#seat, listener)
  }

  /**
   * Counts a connection that has just been accepted, or returns why it may not stay: then it is not counted and has to
   * be closed. Two workers that take the last place at the same time may both be refused; there are never more than the
   * limit.
   */
  enter(address: string, counting: Counting): Refusal | undefined {
    if (this.#isOutOfFiles) return 'files'
    Atomics.add(this.#cells, this.#own, 1)
    if (sumOf(this.#cells) > Atomics.load(this.#cells, limitCell)) {
      Atomics.sub(this.#cells, this.#own, 1)
      return 'limit'
    }
    const most = Atomics.load(this.#cells, perAddressCell)
    // Without a limit, what is counted again later need not be counted now.
    const isCounted = most === 0 && counting === 'recounted'
    if (isCounted || this.#addresses.enter(address, counting, most === 0 ? noLimit : most)) {
      if (counting === 'recounted') this.#fast.opened()
      return undefined
    }
    Atomics.sub(this.#cells, this.#own, 1)
    return 'address'
  }

  /** An admitted connection has ended. For those that are counted again the address may be unknown. */
  leave(address: string | undefined, counting: Counting): void {
    Atomics.sub(this.#cells, this.#own, 1)
    if (counting === 'recounted') this.#fast.closed()
    if (address !== undefined) this.#addresses.leave(address, counting)
  }

  /** The worker ends: its addresses are free. The thread that notices its end vacates its seat. */
  release(): void {
    this.#addresses.release()
  }

  /** While set, no connection is admitted: this thread has seen that the process has no file left. */
  get isOutOfFiles(): boolean {
    return this.#isOutOfFiles
  }

  set isOutOfFiles(isOut: boolean) {
    this.#isOutOfFiles = isOut
  }
}

/** The primary's view of the count, and the part it keeps itself: the admin port. */
export class ConnectionTotals {
  readonly #cells: Int32Array

  readonly #accounts: SharedArrayBuffer

  constructor(memory: SharedArrayBuffer, accounts = createAccountCells()) {
    this.#cells = new Int32Array(memory)
    this.#accounts = accounts
  }

  /** What became of the connections of all workers. */
  get report(): ConnectionReport {
    return reportConnections(this.#accounts)
  }

  /** How many connections an address may have; 0 is any number. */
  get perAddress(): number {
    return Atomics.load(this.#cells, perAddressCell)
  }

  set perAddress(most: number) {
    Atomics.store(this.#cells, perAddressCell, most)
  }

  /** How many connections all workers together may have. */
  get limit(): number {
    return Atomics.load(this.#cells, limitCell)
  }

  /** Takes effect at once in every worker; connections above it stay until they end. */
  set limit(limit: number) {
    Atomics.store(this.#cells, limitCell, Math.min(limit, noLimit))
  }

  /** Connections of all workers. */
  get open(): number {
    return sumOf(this.#cells)
  }

  /** Connections of the admin port; it has a share of its own and does not count against the limit. */
  get admin(): number {
    return Atomics.load(this.#cells, adminCell)
  }

  set admin(count: number) {
    Atomics.store(this.#cells, adminCell, count)
  }

  /** Connections of the admin port that had to make room for others, in all. */
  get adminRejected(): number {
    return Atomics.load(this.#cells, adminRejectedCell)
  }

  set adminRejected(count: number) {
    Atomics.store(this.#cells, adminRejectedCell, count)
  }

  /** The worker of that seat is gone, and the kernel has closed what it had open. */
  vacate(seat: number): void {
    settleAccounts(this.#accounts, seat)
    Atomics.store(this.#cells, firstSeatCell + seat, 0)
  }
}

function growTo(cells: Int32Array, seats: number): void {
  if (seats > mostSeats) throw new Error(`there are ${mostSeats} seats for workers, not ${seats}`)
  for (;;) {
    const before = Atomics.load(cells, seatsCell)
    if (before >= seats) return
    if (Atomics.compareExchange(cells, seatsCell, before, seats) === before) return
  }
}

// Some nanoseconds for each seat that was ever taken.
function sumOf(cells: Int32Array): number {
  const end = firstSeatCell + Atomics.load(cells, seatsCell)
  let sum = 0
  for (let cell = firstSeatCell; cell < end; cell++) sum += Atomics.load(cells, cell)
  return sum
}
