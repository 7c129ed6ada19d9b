import { type Payload, keystreamPayload } from '../../traffic/payload.ts'

/** The bytes that /bin makes of a seed other than 0. */
export function payloadOf(seed: number, bytes: number): Payload {
  return keystreamPayload(seed, bytes)
}

/** A part of them in one piece; the payload itself gives as much at a time as is cheap. */
export function bytesOf(payload: Payload, from: number, count: number): Buffer {
  const bytes = Buffer.alloc(count)
  for (let at = 0; at < count;) {
    const slice = payload.slice(from + at, count - at)
    bytes.set(slice, at)
    at += slice.length
  }
  return bytes
}
