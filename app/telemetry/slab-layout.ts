import { bodyBuckets, durationBuckets, latencyCells } from './buckets.ts'

/**
 * Counters of one worker in shared memory: the worker is the only writer and uses plain adds, the
 * primary reads whenever it likes and never waits for a worker. A 64-bit float counts exactly to
 * 2^53 and is written in one store, so a reader sees each number whole.
 */
export const scalars = [
  'connectionsOpen',
  'connectionsOpened',
  /** Closed as soon as they were accepted, by reason. */
  'connectionsOverLimit',
  'connectionsOverAddress',
  'connectionsWithoutFile',
  'exchangesActive',
  'bytesIn',
  'bytesOut',
  'webSocketsOpen',
  'webSocketMessages',
  /** When the last connection came, by `monotonicMs`; what the drain calls quiet. */
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
  /** Clients that were refused or cut because too much of theirs was held in memory (limits.buffered). */
  'heldRefused',
  'datagramsIn',
  'datagramsOut',
  'datagramsDropped',
  /** Goes up every second while the event loop turns. */
  'beats',
  /** The kernel's number for the thread; 0 before it has begun. */
  'threadId',
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

/** Cells of one series: key, count, sum, and the buckets with the one above them all. */
export const slotFields = 3 + durationBuckets.length + 1

/** Where the listener's latencies stand, `latencyCells` of them. */
export const latenciesAt = scalars.length

/** Cells of one histogram of body sizes. */
export const bodyCells = bodyBuckets.length + 1

/** Where the histograms of body sizes stand. */
export const bodiesAt: Readonly<Record<Direction, number>> = {
  in: latenciesAt + latencyCells,
  out: latenciesAt + latencyCells + bodyCells,
}

/** Where the first series stands. */
export const slotsAt = bodiesAt.out + bodyCells

/** Where the series stands that all share for which no slot was left. */
export const otherSlot = slotsAt + (slotCount - 1) * slotFields

const sectionCells = slotsAt + slotCount * slotFields
const sectionBytes = sectionCells * Float64Array.BYTES_PER_ELEMENT

/**
 * Zeroed memory for one worker's slab: a section of some 85 KiB per listener, which the kernel gives
 * when it is first written to. What a worker notes of itself stands in the first.
 */
export function createSlabMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(sectionBytes * listenerLabels.length)
}

/** The cells of one listener. */
export function section(memory: SharedArrayBuffer, listener: ListenerLabel): Float64Array {
  return new Float64Array(memory, sectionBytes * listenerLabels.indexOf(listener), sectionCells)
}

/** The cells of one listener, or of each when none is named. */
export function sections(
  memory: SharedArrayBuffer,
  listener: ListenerLabel | undefined,
): readonly Float64Array[] {
  return (listener === undefined ? listenerLabels : [listener]).map((one) => section(memory, one))
}

/** Where each number stands in a section. */
export const scalarAt = Object.fromEntries(scalars.map((name, index) => [name, index])) as Record<
  Scalar,
  number
>

/** A series as one number. Key 0 is the slot that no series has, so routes count from 1 in it. */
export function packKey(route: number, method: number, status: number): number {
  return (route + 1) * 2 ** 16 + method * 2 ** 10 + status
}

/** What `packKey` packed; key 0 is the shared last slot. */
export function unpackKey(key: number): { route: number; method: string; status: number } {
  const method = key === 0 ? methodLabels.length - 1 : (key >> 10) & 0x3f
  return { route: (key >> 16) - 1, method: methodLabels[method] ?? '_OTHER', status: key & 0x3ff }
}
