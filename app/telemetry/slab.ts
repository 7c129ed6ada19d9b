// The global of the same name is a getter, 0.1 us a call.
import { performance } from 'node:perf_hooks'

/**
 * Counters of one worker in shared memory: the worker is the only writer and uses plain adds, the
 * primary reads whenever it likes and never waits for a worker. A 64-bit float counts exactly to
 * 2^53 and is written in one store, so a reader sees each number whole.
 */
export const scalars = [
  'connectionsOpen',
  'connectionsOpened',
  'exchangesActive',
  'bytesIn',
  'bytesOut',
  'webSocketsOpen',
  'webSocketMessages',
  /** performance.timeOrigin-based milliseconds of the last arrival; what the drain calls quiet. */
  'lastConnectionAt',
  /** After the last full collection, which is what is really in use. */
  'heapUsedBytes',
  'heapLimitBytes',
  /** Of the old generation, which is what a worker dies of. */
  'oldLimitBytes',
  /** In use now, garbage and all. */
  'heapNowBytes',
  'cpuSeconds',
  'gcMinor',
  'gcMajor',
  'gcOther',
  'gcSeconds',
  'gcLastSeconds',
  /** 99th percentile of the last second. */
  'loopDelaySeconds',
  /** Sums of the histograms of body sizes: of exchanges that are over. */
  'bodyBytesIn',
  'bodyBytesOut',
  /** Of the access log, given up because nobody read it fast enough. */
  'logLinesDropped',
] as const

export type Scalar = (typeof scalars)[number]

/** Upper bounds in seconds of http_server_request_duration_seconds; an origin needs the small ones. */
export const durationBuckets = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const

/** Methods that get a label of their own (OpenTelemetry's list); the rest are _OTHER. */
export const methodLabels = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  '_OTHER',
] as const

/** Upper bounds in bytes of the histograms of body sizes. */
export const bodyBuckets = [
  0, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
  268_435_456, 1_073_741_824,
] as const

/** A histogram of all bodies one way. */
export type Direction = 'in' | 'out'

// Combinations of route, method and status seen by one worker; past it they share the last slot, so
// a client that tries every method and status costs no memory.
const slotCount = 512
const slotFields = 3 + durationBuckets.length + 1
// Latencies of all exchanges: eight steps for each doubling of a microsecond, so a percentile is right
// to 12 %, where the buckets above know 1 ms from 2.5 only.
const latencyCells = 32 * 8
const latenciesAt = scalars.length
const bodyCells = bodyBuckets.length + 1
const bodiesAt: Readonly<Record<Direction, number>> = {
  in: latenciesAt + latencyCells,
  out: latenciesAt + latencyCells + bodyCells,
}
const slotsAt = bodiesAt.out + bodyCells
const otherSlot = slotsAt + (slotCount - 1) * slotFields

/** Zeroed memory for one worker's slab: some 85 KiB. */
export function createSlabMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer((slotsAt + slotCount * slotFields) * Float64Array.BYTES_PER_ELEMENT)
}

/** What the slab asks of an exchange. */
export interface Observed {
  readonly method: string
  /** By performance.now(). */
  readonly startedAt: number
}

/** The worker's end of a slab. */
export class Slab {
  readonly #cells: Float64Array
  readonly #slots = new Map<number, number>()
  readonly #methods = new Map<string, number>(methodLabels.map((label, index) => [label, index]))

  /** Goes on counting where an earlier writer of the memory has stopped. */
  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Float64Array(memory)
    for (let slot = slotsAt; slot < otherSlot; slot += slotFields) {
      const key = this.#cells[slot] ?? 0
      if (key === 0) break
      this.#slots.set(key, slot)
    }
  }

  add(scalar: Scalar, amount: number): void {
    const at = scalarAt[scalar]
    this.#cells[at] = (this.#cells[at] ?? 0) + amount
  }

  set(scalar: Scalar, value: number): void {
    this.#cells[scalarAt[scalar]] = value
  }

  get(scalar: Scalar): number {
    return this.#cells[scalarAt[scalar]] ?? 0
  }

  /** Counts one exchange that ends now: `route` is the row's place in the table. */
  observe(route: number, status: number, { method, startedAt }: Observed): void {
    const seconds = (performance.now() - startedAt) / 1000
    this.count(this.slot(route, status, method), seconds)
  }

  /** Where exchanges of this kind are counted; the same number for as long as the slab lives. */
  slot(route: number, status: number, method: string): number {
    const key = packKey(route, this.#methods.get(method) ?? methodLabels.length - 1, status)
    return this.#slots.get(key) ?? this.#allocate(key)
  }

  /** Counts one exchange in a slot that `slot` gave. */
  count(slot: number, seconds: number): void {
    const cells = this.#cells
    cells[slot + 1] = (cells[slot + 1] ?? 0) + 1
    cells[slot + 2] = (cells[slot + 2] ?? 0) + seconds
    let bucket = 0
    while (bucket < durationBuckets.length && seconds > (durationBuckets[bucket] ?? 0)) bucket++
    const at = slot + 3 + bucket
    cells[at] = (cells[at] ?? 0) + 1
    const latency = latenciesAt + latencyCell(seconds)
    cells[latency] = (cells[latency] ?? 0) + 1
  }

  /** Counts the sizes of the bodies of an exchange that is over; `bytesIn` and `bytesOut` count as they move. */
  countBodies(bytesIn: number, bytesOut: number): void {
    const cells = this.#cells
    const [into, out] = [bodiesAt.in + bodyCell(bytesIn), bodiesAt.out + bodyCell(bytesOut)]
    cells[into] = (cells[into] ?? 0) + 1
    cells[out] = (cells[out] ?? 0) + 1
    cells[bytesInAt] = (cells[bytesInAt] ?? 0) + bytesIn
    cells[bytesOutAt] = (cells[bytesOutAt] ?? 0) + bytesOut
  }

  #allocate(key: number): number {
    const slot = slotsAt + this.#slots.size * slotFields
    if (slot >= otherSlot) return otherSlot
    this.#slots.set(key, slot)
    this.#cells[slot] = key
    return slot
  }
}

/** What is so many now, and not so many so far: nothing, once the worker is gone. */
const gauges: readonly Scalar[] = [
  'connectionsOpen',
  'exchangesActive',
  'webSocketsOpen',
  'heapUsedBytes',
  'heapLimitBytes',
  'oldLimitBytes',
  'heapNowBytes',
  'gcLastSeconds',
  'loopDelaySeconds',
]

/** Sets the gauges of a slab whose worker is gone to 0; its counters stay. */
export function resetGauges(memory: SharedArrayBuffer): void {
  const cells = new Float64Array(memory)
  for (const gauge of gauges) cells[scalarAt[gauge]] = 0
}

/** One histogram as the primary reads it; `counts` has one number per bucket and one above them all. */
export interface Series {
  readonly route: number
  readonly method: string
  readonly status: number
  readonly count: number
  readonly sum: number
  readonly counts: readonly number[]
}

/** Which of the duration buckets, and those above them all, a duration falls into. */
export function durationBucket(seconds: number): number {
  const bucket = durationBuckets.findIndex((bound) => seconds <= bound)
  return bucket === -1 ? durationBuckets.length : bucket
}

/** One number of a slab, as it is now. */
export function readScalar(memory: SharedArrayBuffer, scalar: Scalar): number {
  return new Float64Array(memory)[scalarAt[scalar]] ?? 0
}

/** All series of a slab; those past the slots come as route -1, method _OTHER, status 0. */
export function readSeries(memory: SharedArrayBuffer): readonly Series[] {
  const cells = new Float64Array(memory)
  const found: Series[] = []
  for (let slot = slotsAt; slot <= otherSlot; slot += slotFields) {
    const count = cells[slot + 1] ?? 0
    if (count === 0) continue
    const { route, method, status } = unpackKey(cells[slot] ?? 0)
    const counts = [...cells.subarray(slot + 3, slot + slotFields)]
    found.push({ route, method, status, count, sum: cells[slot + 2] ?? 0, counts })
  }
  return found
}

/** How many bodies of each size there were, one number per bucket and one above them all. */
export function readBodies(memory: SharedArrayBuffer, direction: Direction): readonly number[] {
  const start = bodiesAt[direction]
  return [...new Float64Array(memory).subarray(start, start + bodyCells)]
}

/** How often each latency was seen; `latencySeconds` tells which. */
export function readLatencies(memory: SharedArrayBuffer): Float64Array {
  return new Float64Array(memory).slice(latenciesAt, latenciesAt + latencyCells)
}

/** The middle of what a cell of `readLatencies` stands for. */
export function latencySeconds(cell: number): number {
  const [octave, step] = [cell >> 3, cell & 7]
  return octave < 3 ? (cell + 0.5) / 1e6 : (2 ** octave * (1 + (step + 0.5) / 8)) / 1e6
}

// Below 8 us a cell is a microsecond; above, an eighth of a doubling.
function latencyCell(seconds: number): number {
  const us = Math.min(seconds * 1e6, 2 ** 31 - 1) | 0
  const octave = 31 - Math.clz32(us | 1)
  return octave < 3 ? us : octave * 8 + ((us >> (octave - 3)) & 7)
}

// Buckets are powers of 4 from 256, so the count of the size's bits tells which.
function bodyCell(bytes: number): number {
  if (bytes === 0) return 0
  if (bytes <= 256) return 1
  if (bytes > 2 ** 30) return bodyCells - 1
  return 1 + ((33 - Math.clz32((bytes - 1) >> 8)) >> 1)
}

const scalarAt = Object.fromEntries(scalars.map((name, index) => [name, index])) as Record<
  Scalar,
  number
>

const [bytesInAt, bytesOutAt] = [scalarAt.bodyBytesIn, scalarAt.bodyBytesOut]

// Key 0 is the slot nobody allocated, so routes count from 1 in it.
function packKey(route: number, method: number, status: number): number {
  return (route + 1) * 2 ** 16 + method * 2 ** 10 + status
}

function unpackKey(key: number): { route: number; method: string; status: number } {
  const method = key === 0 ? methodLabels.length - 1 : (key >> 10) & 0x3f
  return { route: (key >> 16) - 1, method: methodLabels[method] ?? '_OTHER', status: key & 0x3ff }
}
