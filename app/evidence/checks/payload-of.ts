import { type Payload, keystreamPayload } from '../../traffic/payload.ts'

/** The bytes that /bin makes of a seed other than 0. */
export function payloadOf(seed: number, bytes: number): Payload {
  return keystreamPayload(seed, bytes)
}
