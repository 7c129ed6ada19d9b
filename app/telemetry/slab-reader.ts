import { latencyCells } from './buckets.ts'
import {
  type Direction,
  type ListenerLabel,
  type Scalar,
  bodiesAt,
  bodyCells,
  faultsAt,
  latenciesAt,
  listenerLabels,
  methodLabels,
  scalarAt,
  section,
  sections,
  slotFields,
  slotsAt,
  slotsEnd,
  unpackKey,
} from './slab-layout.ts'

/** Gauges: reset to 0 when the worker exits. */
const gauges: readonly Scalar[] = [
  'portsOpen',
  'connectionsOpen',
  'exchangesActive',
  'webSocketsOpen',
  'heapUsedBytes',
  'heapLimitBytes',
  'oldLimitBytes',
  'heapNowBytes',
  'gcLastSeconds',
  'loopDelaySeconds',
  'beats',
  'threadId',
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
  /** Whether a fault was done to its exchanges. */
  readonly isInjected: boolean
  readonly count: number
  readonly sum: number
  readonly counts: readonly number[]
}

/** How often a fault was asked for on a listener and happened, or did not. */
export function readFault(
  memory: SharedArrayBuffer,
  { listener, fault, isDone }: { listener: ListenerLabel; fault: number; isDone: boolean },
): number {
  return section(memory, listener)[faultsAt + 2 * fault + (isDone ? 0 : 1)] ?? 0
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

/**
 * All series of a slab. Those that combinations share come with method _OTHER and the class of their
 * statuses, such as 4; where no slot was left for their route, with route -1.
 */
export function readSeries(memory: SharedArrayBuffer): readonly Series[] {
  return listenerLabels.flatMap((listener) => seriesOf(section(memory, listener), listener))
}

function seriesOf(cells: Float64Array, listener: ListenerLabel): readonly Series[] {
  const found: Series[] = []
  for (let slot = slotsAt; slot < slotsEnd; slot += slotFields) {
    const count = cells[slot + 1] ?? 0
    if (count === 0) continue
    const { method: place, ...key } = unpackKey(cells[slot] ?? 0)
    const method = methodLabels[place] ?? '_OTHER'
    const counts = [...cells.subarray(slot + 3, slot + slotFields)]
    found.push({ listener, ...key, method, count, sum: cells[slot + 2] ?? 0, counts })
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
