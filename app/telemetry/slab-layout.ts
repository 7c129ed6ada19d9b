import { bodyBuckets, durationBuckets, latencyCells } from './buckets.ts'

/**
 * Counters of one worker in shared memory: the worker is the only writer and uses plain adds, the
 * primary reads whenever it likes and never waits for a worker. A 64-bit float counts exactly to
 * 2^53 and is written in one store, so a reader sees each number whole.
 */
export const scalars = [
  /** TCP ports it listens on. */
  'portsOpen',
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
  /** The same of the one before, for when the last turns out to be a probe's. */
  'connectionBeforeAt',
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
  /** Lines of the access log that were dropped because they were not read fast enough. */
  'logLinesDropped',
  /** Clients that were refused or cut because too much of theirs was held in memory (limits.buffered). */
  'heldRefused',
  /** Requests that were refused because the compute pool's queue is full (pool.queue). */
  'workRefused',
  /** Requests that were refused because there were too many a second (rateLimit.rps). */
  'rateLimited',
  /** Connections to a gRPC port that did not begin with HTTP/2. */
  'badPrefaces',
  'datagramsIn',
  'datagramsOut',
  'datagramsDropped',
  /** Goes up every second while the event loop turns. */
  'beats',
  /** The kernel's number for the thread; 0 before it has begun. */
  'threadId',
] as const

export type Scalar = (typeof scalars)[number]

/** Each listener has its own counters; the label `listener`. A port and its twin over TLS share one. */
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

// Combinations of route, method and status that one worker counts on a listener.
const slotCount = 512

/**
 * How many of them a route has for itself. A client that tries every status on `/status/{code}` would
 * otherwise take all, and /metrics grow to 5 MB. The rest of a route is counted by class of status.
 */
export const mostOfRoute = 32

// Of statuses: 0 and those of 100, 200 and so on.
const classCount = 10

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

/**
 * Where the series begin that all share for which no slot was left: one for each class of status, and as many for
 * exchanges to which a fault was done.
 */
export const sharedSlotsAt = slotsAt + (slotCount - 2 * classCount) * slotFields

/** The first cell after the last series. */
export const slotsEnd = slotsAt + slotCount * slotFields

/** Faults that are counted at most; each has a cell for those that happened and one for those that did not. */
export const mostFaults = 64

/** Where the counts of faults stand. */
export const faultsAt = slotsEnd

const sectionCells = faultsAt + 2 * mostFaults
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

/** What tells a series from others on its listener. Route -1 is any. */
export interface SeriesKey {
  readonly route: number
  /** Its place in methodLabels. _OTHER with a status below 10 is the class of a status: a series that several share. */
  readonly method: number
  readonly status: number
  /** Whether a fault was done to its exchanges. */
  readonly isInjected: boolean
}

// Above the 5 bits of the method.
const injectedBit = 2 ** 15

/** A series as one number; 0 is the slot that no series has. */
export function packKey({ route, method, status, isInjected }: SeriesKey): number {
  return (route + 1) * 2 ** 16 + (isInjected ? injectedBit : 0) + method * 2 ** 10 + status
}

/** What `packKey` packed. */
export function unpackKey(key: number): SeriesKey {
  return {
    route: (key >> 16) - 1,
    method: (key >> 10) & 0x1f,
    status: key & 0x3ff,
    isInjected: (key & injectedBit) !== 0,
  }
}

/** The key of the series that a combination shares, with others of its route or (route -1) with all. */
export function sharedKey({ route, status, isInjected }: Omit<SeriesKey, 'method'>): number {
  return packKey({ route, method: methodLabels.length - 1, status: classOf(status), isInjected })
}

/** Where all share that have no slot and the class of this status, with or without a fault. */
export function sharedSlot({
  status,
  isInjected,
}: Pick<SeriesKey, 'status' | 'isInjected'>): number {
  return sharedSlotsAt + (classOf(status) + (isInjected ? classCount : 0)) * slotFields
}

// Of gRPC's statuses, which are below 100, 0 is OK and 2 stands for all others: UNKNOWN.
function classOf(status: number): number {
  if (status >= 100) return Math.min(Math.trunc(status / 100), classCount - 1)
  return status === 0 ? 0 : 2
}

/** The label of a status of HTTP: its number, or `4xx` where several share a series. */
export function statusLabel(status: number): number | string {
  return status > 0 && status < classCount ? `${status}xx` : status
}

/** Whether a status of a series, or its class, says that something went wrong. A call's is gRPC's own. */
export function isFailure(listener: ListenerLabel, status: number): boolean {
  if (listener === 'grpc') return status !== 0
  return status >= 400 || (status >= 4 && status < classCount)
}
