import { lockedAtLast } from './lock.ts'

/** The longest possible queue. */
export const longestQueue = 100_000

// Besides those in the queue: jobs that run, and jobs that are over and not collected yet.
const spareSlots = 8192

const slotCount = longestQueue + spareSlots

/** Cells of 32-bit integers that all slots share. */
export const head = {
  lock: 0,
  /** Goes up with each job, for idle threads. */
  wake: 1,
  /** Goes up when a thread is missing, for the primary, which starts them. */
  bell: 2,
  /** The most threads, and the most jobs that may wait. */
  mostThreads: 3,
  mostWaiting: 4,
  /** Threads that exist, and those that are doing a job. */
  threads: 5,
  busy: 6,
  /** Jobs in the queue. */
  waiting: 7,
  // The queue, and the used slots that are free again, are lists of slots; 0 ends a list.
  first: 8,
  last: 9,
  firstFree: 10,
  usedSlots: 11,
} as const

const headCells = 16

/** Cells of a slot. */
export const field = { state: 0, kind: 1, thread: 2, next: 3, previous: 4 } as const
const slotCells = 8

/** Numbers of a slot: 64-bit floats, exact to 2^53. Times are those of the queue's clock. */
export const figure = {
  argument: 0,
  result: 1,
  id: 2,
  queuedAt: 3,
  beganAt: 4,
  endedAt: 5,
} as const
const slotFigures = 8

/**
 * The states of a slot. An owner that abandons a job does not read its slot again: the thread that runs it frees the
 * slot.
 */
export const states = { free: 0, waiting: 1, running: 2, done: 3, failed: 4, givenUp: 5 } as const

const cellBytes = (headCells + (slotCount + 1) * slotCells) * Int32Array.BYTES_PER_ELEMENT
const figureBytes = (slotCount + 1) * slotFigures * Float64Array.BYTES_PER_ELEMENT

/** Zeroed memory for the slots of jobs; the kernel allocates only what is used of its 10 MiB. */
export function createJobCells(): SharedArrayBuffer {
  return new SharedArrayBuffer(cellBytes + figureBytes)
}

type Head = (typeof head)[keyof typeof head]
type Field = (typeof field)[keyof typeof field]
type Figure = (typeof figure)[keyof typeof figure]

/**
 * Slots for jobs in shared memory, numbered from 1, and two lists of them: the queue and the free ones. Changes of a
 * list, or of a state together with a count, run within `locked`.
 */
export class JobSlots {
  readonly #cells: Int32Array
  readonly #figures: Float64Array

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory, 0, cellBytes / Int32Array.BYTES_PER_ELEMENT)
    this.#figures = new Float64Array(memory, cellBytes)
  }

  /**
   * Calls `change` while no other thread is in such a call: some hundred nanoseconds. If a thread were killed inside
   * one, all others would be locked out for ever: threads end by themselves, or with the process.
   */
  locked<T>(change: () => T): T {
    return lockedAtLast(this.#cells, head.lock, change)
  }

  load(cell: Head): number {
    return Atomics.load(this.#cells, cell)
  }

  store(cell: Head, value: number): void {
    Atomics.store(this.#cells, cell, value)
  }

  add(cell: Head, change: 1 | -1): void {
    Atomics.add(this.#cells, cell, change)
  }

  get(slot: number, name: Field): number {
    return Atomics.load(this.#cells, cellOf(slot, name))
  }

  set(slot: number, name: Field, value: number): void {
    Atomics.store(this.#cells, cellOf(slot, name), value)
  }

  figure(slot: number, name: Figure): number {
    return this.#figures[slot * slotFigures + name] ?? 0
  }

  setFigure(slot: number, name: Figure, value: number): void {
    this.#figures[slot * slotFigures + name] = value
  }

  /** The number of the newest job; 0 before the first. */
  get lastId(): number {
    // Slot 0 is not used.
    return this.figure(0, figure.id)
  }

  /** The number of the next job, from 1. */
  nextId(): number {
    this.setFigure(0, figure.id, this.lastId + 1)
    return this.lastId
  }

  /** Slots that were ever used. */
  used(): readonly number[] {
    return Array.from({ length: this.load(head.usedSlots) }, (_, index) => index + 1)
  }

  /** A slot that is free, or undefined. */
  allocate(): number | undefined {
    const slot = this.load(head.firstFree)
    if (slot !== 0) {
      this.store(head.firstFree, this.get(slot, field.next))
      return slot
    }
    if (this.load(head.usedSlots) >= slotCount) return undefined
    this.add(head.usedSlots, 1)
    return this.load(head.usedSlots)
  }

  free(slot: number): void {
    this.set(slot, field.state, states.free)
    this.set(slot, field.next, this.load(head.firstFree))
    this.store(head.firstFree, slot)
  }

  /** Puts a slot at the end of the queue. */
  append(slot: number): void {
    const before = this.load(head.last)
    this.set(slot, field.state, states.waiting)
    this.set(slot, field.next, 0)
    this.set(slot, field.previous, before)
    if (before === 0) this.store(head.first, slot)
    else this.set(before, field.next, slot)
    this.store(head.last, slot)
    this.add(head.waiting, 1)
  }

  /** Takes a slot out of the queue, wherever it stands. */
  unlink(slot: number): void {
    const [before, after] = [this.get(slot, field.previous), this.get(slot, field.next)]
    if (before === 0) this.store(head.first, after)
    else this.set(before, field.next, after)
    if (after === 0) this.store(head.last, before)
    else this.set(after, field.previous, before)
    this.add(head.waiting, -1)
  }

  /** Wakes threads that wait for a cell of the head to change: all, or `count`. */
  ring(cell: Head, count?: number): void {
    this.add(cell, 1)
    Atomics.notify(this.#cells, cell, count)
  }

  /** Blocks the thread until a cell of the head is not `seen`, or for `ms`; false when the time was over. */
  waitHead(cell: Head, seen: number, ms: number): boolean {
    return Atomics.wait(this.#cells, cell, seen, ms) !== 'timed-out'
  }

  /** Resolves when a cell of the head is not `seen`. */
  async headChange(cell: Head, seen: number): Promise<void> {
    const waited = Atomics.waitAsync(this.#cells, cell, seen)
    if (waited.async) await waited.value
  }

  /** Wakes threads that wait for a slot's state. */
  told(slot: number): void {
    Atomics.notify(this.#cells, cellOf(slot, field.state))
  }

  /** Blocks the thread while a slot's state is `seen`, for `ms` at most; it may wake without a change. */
  waitState(slot: number, seen: number, ms: number): void {
    Atomics.wait(this.#cells, cellOf(slot, field.state), seen, ms)
  }

  /** Like `waitState`, without blocking the thread. */
  async stateChange(slot: number, seen: number, ms: number): Promise<void> {
    const waited = Atomics.waitAsync(this.#cells, cellOf(slot, field.state), seen, ms)
    if (waited.async) await waited.value
  }
}

function cellOf(slot: number, name: Field): number {
  return headCells + slot * slotCells + name
}
