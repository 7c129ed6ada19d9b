/** One write of a stream: wait, then make the bytes, so that a time inside them is the sending time. */
export interface Chunk {
  readonly waitMs: number
  readonly render: () => Uint8Array | string
}

/**
 * A stream as the listener pulls it: the next chunk is asked for when the one before is on the wire,
 * so a slow reader slows the source and nothing is queued.
 */
export type Chunks = Iterable<Chunk>

/** Tells how long to wait for each tick of a beat that does not drift: tick n is due n intervals after the first. */
export function createBeat(
  intervalMs: number,
  now: () => number = () => performance.now(),
): () => number {
  let dueAt: number | undefined
  return () => {
    dueAt = dueAt === undefined ? now() : dueAt + intervalMs
    return Math.max(0, dueAt - now())
  }
}

/** Nanoseconds since 1970, for `sent_at_ns`: microsecond steps, which is what the clock gives. */
export function wallClockNs(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n
}
