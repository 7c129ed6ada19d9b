/**
 * Something that holds bytes of a client: a body that is being collected, an answer that is not read, an incomplete
 * message.
 */
export interface Holder {
  /**
   * Releases what it holds, with a refusal where the protocol has one. Called at most once between two calls of `hold`,
   * after its bytes were taken off the budget.
   */
  giveUp(): void
}

/** Something that may hold bytes that cannot be counted: the fast engine's unfinished WebSocket messages. */
export interface Hidden {
  /** Whether there is anything that could hold bytes. */
  readonly isBusy: boolean
  /** Memory is short: finds out which clients hold bytes, as far as it can. */
  probe(): void
  /**
   * Frees about this many bytes, and returns how many that may have been. Only clients that are known to hold bytes are
   * cut; when it `isLast`, because memory is nearly out, any may be.
   */
  relieve(bytes: number, isLast: boolean): number
}

// Cells of 64-bit floats, exact to 2^53 and written in one store: the limit, the memory limit of the process, how many
// seats were ever taken, and one cell for each seat, which only its worker writes.
const limitCell = 0
const memoryCell = 1
const seatsCell = 2
const firstSeatCell = 3

// As many as connections have (connections.ts).
const mostSeats = 2 * 256

// One turn of the event loop may bring more than the process has room for: 600 bodies on Node's sockets are 80 MiB of
// pieces and copies. So memory is also checked within the turn, after this many bytes.
const lookBytes = 4 * 2 ** 20

// When another worker holds more but has not released it within this time (it is too busy, or about to), this worker
// releases some.
const overdraft = 1.25

/** Zeroed memory for the bytes that workers hold; no limit until the primary sets one. */
export function createBufferedCells(): SharedArrayBuffer {
  const bytes = (firstSeatCell + mostSeats) * Float64Array.BYTES_PER_ELEMENT
  const memory = new SharedArrayBuffer(bytes)
  const cells = new Float64Array(memory)
  cells[limitCell] = Number.POSITIVE_INFINITY
  cells[memoryCell] = Number.POSITIVE_INFINITY
  return memory
}

/**
 * A worker's side of the budget of clients' bytes (limits.buffered), which all workers and listeners share. When it is
 * used up, the worker that holds most refuses or cuts its largest holder.
 */
export class Buffered {
  readonly #cells: Float64Array
  readonly #own: number
  readonly #heapBytes: number
  readonly #holders = new Map<Holder, number>()
  readonly #hidden = new Set<Hidden>()
  #onBusy = (): void => {}
  #onGrown = (): void => {}
  #grownBytes = 0
  #takenBytes = 0
  #droppedBytes = 0

  /** `seat` is the worker's number; no other worker may hold it. `heapBytes` is what its heap has room for. */
  constructor(memory: SharedArrayBuffer, seat: number, heapBytes = Number.POSITIVE_INFINITY) {
    this.#heapBytes = heapBytes
    if (seat >= mostSeats) throw new RangeError(`seat ${seat} is past ${mostSeats}`)
    this.#cells = new Float64Array(memory)
    this.#own = firstSeatCell + seat
    this.#cells[this.#own] = 0
    this.#cells[seatsCell] = Math.max(this.#cells[seatsCell] ?? 0, seat + 1)
  }

  /** Whether this worker holds anything, or may hold something that it cannot count. */
  get isBusy(): boolean {
    return this.#holders.size > 0 || [...this.#hidden].some(({ isBusy }) => isBusy)
  }

  /** Whether half of the budget is used: then listeners read less at a time. */
  get isShort(): boolean {
    return sumOf(this.#cells) * 2 > (this.#cells[limitCell] ?? 0)
  }

  /** What all workers may hold together. */
  get limitBytes(): number {
    return this.#cells[limitCell] ?? 0
  }

  /** Bytes this worker has begun to hold since it began. */
  get takenBytes(): number {
    return this.#takenBytes
  }

  /** Bytes this worker has released since it began. */
  get droppedBytes(): number {
    return this.#droppedBytes
  }

  /** What the whole process may use: clients' bytes and everything else. */
  get memoryBytes(): number {
    return this.#cells[memoryCell] ?? 0
  }

  /** Calls `onBusy` whenever the worker begins to hold something, and `onGrown` after every few MiB. */
  watch(onBusy: () => void, onGrown: () => void): void {
    this.#onBusy = onBusy
    this.#onGrown = onGrown
  }

  /** Adds a source of bytes that cannot be counted. The source calls `alert` when it becomes busy. */
  addHidden(hidden: Hidden): { readonly alert: () => void } {
    this.#hidden.add(hidden)
    return { alert: () => this.#onBusy() }
  }

  /** `holder` holds this many bytes from now on; 0: none. `giveUp` may be called within the call. */
  hold(holder: Holder, bytes: number): void {
    const before = this.#holders.get(holder) ?? 0
    if (before === bytes) return
    if (bytes > 0) this.#holders.set(holder, bytes)
    else this.#holders.delete(holder)
    this.#add(bytes - before)
    if (bytes <= before) return
    if (this.#holders.size === 1) this.#onBusy()
    this.#grownBytes += bytes - before
    this.#takenBytes += bytes - before
    // Releasing takes a while, and others see in the meantime how much is held.
    if (bytes - before >= lookBytes) this.keep()
    if (this.#grownBytes >= lookBytes) {
      this.#grownBytes = 0
      this.#onGrown()
    }
    this.keep()
  }

  /**
   * Like `hold`, for objects in the heap. When the heap has less room than the budget they weigh more: the same share
   * of the budget as of that room.
   */
  holdInHeap(holder: Holder, bytes: number): void {
    const limit = this.#cells[limitCell] ?? 0
    this.hold(holder, bytes * Math.max(1, limit / this.#heapBytes))
  }

  /** Enforces the budget: the largest holders release their bytes until the total is within the limit. */
  keep(): void {
    while (this.#isOverdrawn()) if (this.relieve(1) === 0) return
  }

  /** Makes the largest holders release at least `bytes`; returns how many they held. */
  relieve(bytes: number): number {
    let freed = 0
    while (freed < bytes) {
      const [holder, held] = this.#largest()
      if (holder === undefined) return freed
      this.#holders.delete(holder)
      this.#add(-held)
      freed += held
      holder.giveUp()
    }
    return freed
  }

  /** Makes hidden sources find out what they can. */
  probeHidden(): void {
    for (const hidden of this.#hidden) if (hidden.isBusy) hidden.probe()
  }

  /** Makes hidden sources free about this many bytes; returns how many that may have been. */
  relieveHidden(bytes: number, isLast: boolean): number {
    let freed = 0
    for (const hidden of this.#hidden) {
      if (freed < bytes && hidden.isBusy) freed += hidden.relieve(bytes - freed, isLast)
    }
    return freed
  }

  // Only one worker releases at a time: the one that holds most.
  #isOverdrawn(): boolean {
    const limit = this.#cells[limitCell] ?? 0
    const sum = sumOf(this.#cells)
    if (sum <= limit) return false
    return (
      sum > limit * overdraft || (this.#cells[this.#own] ?? 0) >= Math.max(...heldIn(this.#cells))
    )
  }

  #add(bytes: number): void {
    if (bytes < 0) this.#droppedBytes -= bytes
    this.#cells[this.#own] = (this.#cells[this.#own] ?? 0) + bytes
  }

  #largest(): readonly [holder: Holder | undefined, bytes: number] {
    let found: readonly [Holder | undefined, number] = [undefined, 0]
    for (const entry of this.#holders) if (entry[1] > found[1]) found = entry
    return found
  }
}

/** The primary's view of the budget. */
export class BufferedTotals {
  readonly #cells: Float64Array

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Float64Array(memory)
  }

  /** Bytes that all workers together may hold. A change counts from the next byte. */
  get limit(): number {
    return this.#cells[limitCell] ?? 0
  }

  set limit(bytes: number) {
    this.#cells[limitCell] = bytes
  }

  /** The memory limit of the process. */
  get memoryBytes(): number {
    return this.#cells[memoryCell] ?? 0
  }

  set memoryBytes(bytes: number) {
    this.#cells[memoryCell] = bytes
  }

  /** Bytes held now. */
  get held(): number {
    return sumOf(this.#cells)
  }

  /** The worker of that seat is gone, and its bytes with it. */
  vacate(seat: number): void {
    this.#cells[firstSeatCell + seat] = 0
  }
}

function sumOf(cells: Float64Array): number {
  const end = firstSeatCell + (cells[seatsCell] ?? 0)
  let sum = 0
  for (let cell = firstSeatCell; cell < end; cell++) sum += cells[cell] ?? 0
  return sum
}

function heldIn(cells: Float64Array): readonly number[] {
  return [...cells.subarray(firstSeatCell, firstSeatCell + (cells[seatsCell] ?? 0))]
}
