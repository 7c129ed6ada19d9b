import { seededPayload } from '../../traffic/payload.ts'

/** Where in a call's payload the next message begins. */
export interface PayloadPlace {
  readonly seed: number
  readonly offset: number
}

/**
 * The bytes of one message. Byte i of all the payloads of a call, one after the other, depends only on i and the seed,
 * as it does in /bin. May be the shared block itself, so never write to it.
 */
export function payloadBytes(
  block: Uint8Array,
  size: number,
  { seed, offset }: PayloadPlace = { seed: 0, offset: 0 },
): Uint8Array {
  const payload = seededPayload(block, seed, offset + size)
  const first = payload.slice(offset, size)
  if (first.length === size) return first
  const bytes = Buffer.allocUnsafe(size)
  bytes.set(first)
  for (let at = first.length; at < size;) {
    const slice = payload.slice(offset + at, size - at)
    bytes.set(slice, at)
    at += slice.length
  }
  return bytes
}
