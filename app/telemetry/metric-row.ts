import type { Value } from './histograms.ts'
import type { Readings } from './readings.ts'
import { type Scalar, listenerLabels } from './slab-layout.ts'
import { readScalar } from './slab-reader.ts'

/** One metric: all that is known about it, so that a reader finds every name and label here. */
export interface Row {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly values: (readings: Readings) => readonly Value[]
}

/** Over all workers and listeners. */
export function sum({ slabs }: Readings, scalar: Scalar): number {
  return slabs().reduce((total, slab) => total + readScalar(slab, scalar), 0)
}

/** A sample for each listener that has connections. */
export function perListener(
  { slabs }: Readings,
  scalar: Scalar,
  labels: Value['labels'] = {},
): readonly Value[] {
  const connected = listenerLabels.filter((listener) => listener !== 'udp')
  return connected.map((listener) => ({
    labels: { listener, ...labels },
    value: slabs().reduce((total, slab) => total + readScalar(slab, scalar, listener), 0),
  }))
}

/** A single sample. */
export function one(value: number, labels: Value['labels'] = {}): readonly Value[] {
  return [{ labels, value }]
}

/** One, or none where it is not known. */
export function some(value: number | boolean | undefined): readonly Value[] {
  return value === undefined ? [] : one(Number(value))
}

/** A sample for each value of a label. */
export function byLabel(label: string, counts: Readonly<Record<string, number>>): readonly Value[] {
  return Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value }))
}

/** A sample for each worker. */
export function perWorker(
  { workers }: Readings,
  scalar: Scalar,
  labels: Value['labels'] = {},
): readonly Value[] {
  return workers().map(({ seat, slab }) => ({
    labels: { worker: seat, ...labels },
    value: readScalar(slab, scalar),
  }))
}
