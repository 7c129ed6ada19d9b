import { totalmem } from 'node:os'

import type { Logger } from '../../telemetry/log.ts'

/** How a worker's heap trades memory for fewer collections: the counterpart of Go's GOGC. */
export const heapProfiles = ['memory', 'balanced', 'throughput'] as const

export type HeapProfile = (typeof heapProfiles)[number]

/** The heap of one worker, as `resourceLimits` takes it, and why it is that large. */
export interface Heap {
  readonly oldMiB: number
  readonly youngMiB: number
  readonly reason: string
  /** The limit leaves less than a worker needs. */
  readonly isTight: boolean
}

/** What the sizes depend on. A size that is set is used as it is, whatever the profile and the limit say. */
export interface HeapRequest {
  readonly profile: HeapProfile
  readonly oldMiB: number | 'auto'
  readonly youngMiB: number | 'auto'
  readonly workers: number
  readonly memoryBytes: number | undefined
  /** Whether clients' bytes get a share, too; true by default. */
  readonly hasBuffered?: boolean
}

// V8 scavenges when the young generation is full. A larger one means fewer scavenges, and fewer short-lived objects
// that happen to survive one.
const youngMiB: Readonly<Record<HeapProfile, number>> = { memory: 4, balanced: 16, throughput: 64 }

// A worker's own objects take some 10 MiB. The rest is room for bodies that are echoed.
const largestOldMiB: Readonly<Record<HeapProfile, number>> = {
  memory: 64,
  balanced: 256,
  throughput: 512,
}
const smallestOldMiB = 24

// Outside every worker's heap: the primary, the code, the engine's buffers (measured: 50 MiB for the primary, 15 for
// each worker), and a tenth for sockets and for what V8 takes beyond its limit.
const primaryMiB = 50
const workerMiB = 15
const usableShare = 0.9

// Of what is left for the workers. What a body costs beyond its bytes (copies, the answer made of it, garbage that is
// not collected yet) is two or three times as much, and V8's share is the rest.
const bufferedShare = 0.25

// Of the machine's memory, when there is no memory limit.
const machineShare = 0.25

/**
 * Bytes of clients that all workers together may hold when limits.buffered is `auto`: as many as fit into the memory
 * limit beside the heaps. At least 1 MiB.
 */
export function bufferedFor(memoryBytes: number | undefined, workers: number): number {
  if (memoryBytes === undefined) return Math.floor(totalmem() * machineShare)
  return Math.floor(Math.max(1, roomMiB(memoryBytes, workers) * bufferedShare)) * 2 ** 20
}

// What a worker's old generation holds before its first client, and the free room that collections need.
const ownHeapMiB = 16
const heldHeapShare = 0.7

/** What clients may hold of a worker's heap: requests that wait for their turn. */
export function heapRoomBytes(oldMiB: number): number {
  return Math.max(1, (oldMiB - ownHeapMiB) * heldHeapShare) * 2 ** 20
}

// For heaps and clients' bytes.
function roomMiB(memoryBytes: number, workers: number): number {
  return (memoryBytes / 2 ** 20) * usableShare - primaryMiB - workers * workerMiB
}

/** Divides the memory limit among the workers' heaps. No heap gets more than its profile asks for. */
export function heapFor({
  profile,
  workers,
  memoryBytes,
  hasBuffered = true,
  ...asked
}: HeapRequest): Heap {
  const limitMiB = memoryBytes === undefined ? Number.POSITIVE_INFINITY : memoryBytes / 2 ** 20
  const kept = hasBuffered ? 1 - bufferedShare : 1
  const shareMiB = (roomMiB(memoryBytes ?? Infinity, workers) * kept) / workers
  const youngAuto = Math.max(2, Math.min(youngMiB[profile], Math.floor(shareMiB / 4)))
  const young = asked.youngMiB === 'auto' ? youngAuto : asked.youngMiB
  const oldAuto = Math.min(largestOldMiB[profile], Math.floor(shareMiB - young))
  const old = asked.oldMiB === 'auto' ? Math.max(smallestOldMiB, oldAuto) : asked.oldMiB
  const isTight = asked.oldMiB === 'auto' && oldAuto < smallestOldMiB
  const reason = isTight
    ? `memory limit of ${Math.floor(limitMiB)} MiB is tight for ${workers} workers; the least that serves`
    : `profile ${profile}, ${workers} workers, ${memoryBytes === undefined ? 'no memory limit' : `limit ${Math.floor(limitMiB)} MiB`}`
  return { oldMiB: old, youngMiB: young, reason, isTight }
}

/** Warns of the flags of this process that override heap.*. */
export function warnOfOverridingFlags(log: Logger): void {
  for (const flag of overridingFlags(process.execArgv, process.env['NODE_OPTIONS'])) {
    log.warn({ flag }, 'a Node flag overrides heap.* of every worker; leave it out')
  }
}

/**
 * Process flags that silently override a worker's limits (V8 gives them precedence): those found in
 * the command line's Node options or in NODE_OPTIONS, to be warned about.
 */
export function overridingFlags(execArgv: readonly string[], nodeOptions = ''): readonly string[] {
  const pattern = /^--max[-_](?:old[-_]space[-_]size|heap[-_]size|semi[-_]space[-_]size)\b/
  return [...execArgv, ...nodeOptions.split(/\s+/)].filter((flag) => pattern.test(flag))
}
