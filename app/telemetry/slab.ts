// The global of the same name is a getter, 0.1 us a call.
import { performance } from 'node:perf_hooks'

import { bodyCell, durationBuckets, latencyCell } from './buckets.ts'
import {
  type ListenerLabel,
  type Scalar,
  bodiesAt,
  faultsAt,
  latenciesAt,
  listenerLabels,
  methodLabels,
  mostFaults,
  mostOfRoute,
  packKey,
  scalarAt,
  section,
  sharedKey,
  sharedSlot,
  sharedSlotsAt,
  slotFields,
  slotsAt,
  unpackKey,
} from './slab-layout.ts'

/** What the slab asks of an exchange. */
export interface Observed {
  readonly method: string
  /** By performance.now(). */
  readonly startedAt: number
  /** Whether a fault was done to it. */
  readonly isInjected?: boolean
}

// The sections of each slab that this thread writes. Two writers with a slot map each once gave the same
// slot to two series: requests over HTTP were counted as requests over HTTPS.
const written = new WeakMap<SharedArrayBuffer, Set<ListenerLabel>>()

function claim(memory: SharedArrayBuffer, listener: ListenerLabel): void {
  const claimed = written.get(memory) ?? new Set()
  if (claimed.has(listener)) throw new Error(`this thread already has a writer for ${listener}`)
  written.set(memory, claimed.add(listener))
}

/** The writers of one worker: one for each listener, which all its ports share. */
export type Slabs = Readonly<Record<ListenerLabel, Slab>>

/** Opens every section of a slab for this thread to write; throws when it has done so before. */
export function openSlabs(memory: SharedArrayBuffer): Slabs {
  const writers = listenerLabels.map((listener) => [listener, new Slab(memory, listener)])
  return Object.fromEntries(writers) as Slabs
}

/** The worker's end of one section of a slab. */
export class Slab {
  readonly #cells: Float64Array
  readonly #slots = new Map<number, number>()
  /** How many slots each route has. */
  readonly #taken = new Map<number, number>()
  readonly #methods = new Map<string, number>(methodLabels.map((label, index) => [label, index]))

  /**
   * Continues where the writer of an earlier worker stopped. A section has one writer at a time: a second
   * one in the same thread throws.
   */
  constructor(memory: SharedArrayBuffer, listener: ListenerLabel = 'fast') {
    claim(memory, listener)
    this.#cells = section(memory, listener)
    for (let slot = slotsAt; slot < sharedSlotsAt; slot += slotFields) {
      const key = this.#cells[slot] ?? 0
      if (key === 0) break
      this.#remember(key, slot)
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

  /** A connection has come; `now` is by `monotonicMs`. */
  arrive(now: number): void {
    this.set('connectionBeforeAt', this.get('lastConnectionAt'))
    this.set('lastConnectionAt', now)
  }

  /**
   * The connection that came last was a probe's, which says nothing of clients: a drain that waits for a quiet time
   * passes it over. One step back is enough, because a probe asks as soon as it has connected. When a client came in
   * between, it is the one that is passed over, by at most the time to the arrival before.
   */
  forgetArrival(): void {
    this.set('lastConnectionAt', this.get('connectionBeforeAt'))
  }

  /** Counts one exchange that ends now: `route` is the row's place in the table. */
  observe(route: number, status: number, observed: Observed): void {
    const seconds = (performance.now() - observed.startedAt) / 1000
    this.count(this.slot(route, status, observed), seconds)
  }

  /** Where exchanges of this kind are counted; the same number for as long as the slab lives. */
  slot(
    route: number,
    status: number,
    { method: name, isInjected = false }: Omit<Observed, 'startedAt'>,
  ): number {
    const method = this.#methods.get(name) ?? methodLabels.length - 1
    const key = packKey({ route, method, status, isInjected })
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

  /** Counts a fault that was asked for, and whether it happened; `fault` is its place in the table. */
  countFault(fault: number, isDone: boolean): void {
    if (fault < 0 || fault >= mostFaults) throw new RangeError(`no cell for fault ${fault}`)
    const at = faultsAt + 2 * fault + (isDone ? 0 : 1)
    this.#cells[at] = (this.#cells[at] ?? 0) + 1
  }

  /**
   * Counts a WebSocket message that came. Of an echo of 0.75 us, three calls of `add` would be 0.05, since
   * it finds each cell by name; this and `messageOut` are 0.005.
   */
  messageIn(bytes: number): void {
    const cells = this.#cells
    cells[messagesAt] = (cells[messagesAt] ?? 0) + 1
    cells[movedInAt] = (cells[movedInAt] ?? 0) + bytes
  }

  /** Counts the bytes of one that goes. */
  messageOut(bytes: number): void {
    this.#cells[movedOutAt] = (this.#cells[movedOutAt] ?? 0) + bytes
  }

  #allocate(key: number): number {
    const { route, status, isInjected } = unpackKey(key)
    const hasOwn = (this.#taken.get(route) ?? 0) < mostOfRoute
    const counted = hasOwn ? key : sharedKey({ route, status, isInjected })
    const known = this.#slots.get(counted)
    if (known !== undefined) return known
    const next = slotsAt + this.#slots.size * slotFields
    if (next < sharedSlotsAt) {
      this.#remember(counted, next)
      this.#cells[next] = counted
      return next
    }
    const shared = sharedSlot({ status, isInjected })
    this.#cells[shared] = sharedKey({ route: -1, status, isInjected })
    return shared
  }

  #remember(key: number, slot: number): void {
    this.#slots.set(key, slot)
    const { route } = unpackKey(key)
    this.#taken.set(route, (this.#taken.get(route) ?? 0) + 1)
  }
}

const [bytesInAt, bytesOutAt] = [scalarAt.bodyBytesIn, scalarAt.bodyBytesOut]
const [movedInAt, movedOutAt] = [scalarAt.bytesIn, scalarAt.bytesOut]
const messagesAt = scalarAt.webSocketMessages
