import { type ListenerLabel, type Scalar, listenerLabels } from './slab-layout.ts'
import { readScalar } from './slab-reader.ts'

/** Why a connection was closed as soon as it was accepted, and where the slab counts it. */
export const rejections = {
  /** There were as many as `limits.connections` and the open-file limit allow. */
  limit: 'connectionsOverLimit',
  /** Its address had `limits.connectionsPerIp`. */
  address: 'connectionsOverAddress',
  /** The process had no file left. */
  files: 'connectionsWithoutFile',
} as const satisfies Record<string, Scalar>

export type Rejection = keyof typeof rejections

/** Connections that were closed as soon as they were accepted, since the start. */
export interface RejectionCount {
  readonly listener: ListenerLabel
  readonly reason: Rejection
  readonly count: number
}

/** For every listener that has connections and every reason, those of all workers; zeros among them. */
export function countRejections(slabs: readonly SharedArrayBuffer[]): readonly RejectionCount[] {
  const reasons = Object.keys(rejections) as Rejection[]
  return listenerLabels
    .filter((listener) => listener !== 'udp')
    .flatMap((listener) =>
      reasons.map((reason) => ({
        listener,
        reason,
        count: slabs.reduce((sum, slab) => sum + readScalar(slab, rejections[reason], listener), 0),
      })),
    )
}
