// The global of the same name is a getter, 0.1 us a call.
import { performance } from 'node:perf_hooks'

import { bodyBuckets, bodyCell, durationBuckets, latencyCell, latencyCells } from './buckets.ts'

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
  'datagramsIn',
  'datagramsOut',
  'datagramsDropped',
] as const

export type Scalar = (typeof scalars)[number]

/** Who counts apart from the others; the label `listener`. A port in clear and its twin over TLS are one. */
export const listenerLabels = ['fast', 'wire', 'grpc', 'tcp', 'udp'] as const

export type ListenerLabel = (typeof listenerLabels)[number]

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

/** A histogram of all bodies one way. */
export type Direction = 'in' | 'out'

// Combinations of route, method and status seen by one worker; past it they share the last slot, so
// a client that tries every method and status costs no memory.
const slotCount = 512
const slotFields = 3 + durationBuckets.length + 1
const latenciesAt = scalars.length
const bodyCells = bodyBuckets.length + 1
const bodiesAt: Readonly<Record<Direction, number>> = {
  in: latenciesAt + latencyCells,
  out: latenciesAt + latencyCells + bodyCells,
}
const slotsAt = bodiesAt.out + bodyCells
const otherSlot = slotsAt + (slotCount - 1) * slotFields
const sectionCells = slotsAt + slotCount * slotFields
const sectionBytes = sectionCells * Float64Array.BYTES_PER_ELEMENT

/**
 * Zeroed memory for one worker's slab: a section of some 85 KiB per listener, which the kernel gives
 * when it is first written to. What a worker notes of itself stands in the first.
 */
export function createSlabMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(sectionBytes * listenerLabels.length)
}

function section(memory: SharedArrayBuffer, listener: ListenerLabel): Float64Array {
  return new Float64Array(memory, sectionBytes * listenerLabels.indexOf(listener), sectionCells)
}

function sections(
  memory: SharedArrayBuffer,
  listener: ListenerLabel | undefined,
): readonly Float64Array[] {
  return (listener === undefined ? listenerLabels : [listener]).map((one) => section(memory, one))
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
  constructor(memory: SharedArrayBuffer, listener: ListenerLabel = 'fast') {
    this.#cells = section(memory, listener)
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
  for (const cells of sections(memory, undefined)) {
    for (const gauge of gauges) cells[scalarAt[gauge]] = 0
  }
}

/** One histogram as the primary reads it; `counts` has one number per bucket and one above them all. */
export interface Series {
  readonly listener: ListenerLabel
  readonly route: number
  readonly method: string
  readonly status: number
  readonly count: number
  readonly sum: number
  readonly counts: readonly number[]
}

/** One number of a slab as it is now, of one listener or the sum of all. */
export function readScalar(
  memory: SharedArrayBuffer,
  scalar: Scalar,
  listener?: ListenerLabel,
): number {
  return sections(memory, listener).reduce((sum, cells) => sum + (cells[scalarAt[scalar]] ?? 0), 0)
}

/** The largest of a number over the listeners of a slab. */
export function readLatest(memory: SharedArrayBuffer, scalar: Scalar): number {
  return Math.max(...sections(memory, undefined).map((cells) => cells[scalarAt[scalar]] ?? 0))
}

/** All series of a slab; those past the slots come as route -1, method _OTHER, status 0. */
export function readSeries(memory: SharedArrayBuffer): readonly Series[] {
  return listenerLabels.flatMap((listener) => seriesOf(section(memory, listener), listener))
}

function seriesOf(cells: Float64Array, listener: ListenerLabel): readonly Series[] {
  const found: Series[] = []
  for (let slot = slotsAt; slot <= otherSlot; slot += slotFields) {
    const count = cells[slot + 1] ?? 0
    if (count === 0) continue
    const { route, method, status } = unpackKey(cells[slot] ?? 0)
    const counts = [...cells.subarray(slot + 3, slot + slotFields)]
    found.push({ listener, route, method, status, count, sum: cells[slot + 2] ?? 0, counts })
  }
  return found
}

/** How many bodies of each size a listener had, one number per bucket and one above them all. */
export function readBodies(
  memory: SharedArrayBuffer,
  direction: Direction,
  listener: ListenerLabel,
): readonly number[] {
  const start = bodiesAt[direction]
  return [...section(memory, listener).subarray(start, start + bodyCells)]
}

/** How often each latency was seen, over all listeners; `latencySeconds` tells which. */
export function readLatencies(memory: SharedArrayBuffer): Float64Array {
  const sum = new Float64Array(latencyCells)
  for (const cells of sections(memory, undefined)) {
    for (let cell = 0; cell < latencyCells; cell++)
      sum[cell] = (sum[cell] ?? 0) + (cells[latenciesAt + cell] ?? 0)
  }
  return sum
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
