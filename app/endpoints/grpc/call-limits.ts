import { OriginError } from '../../errors.ts'
import { formatBytes, formatDurationMs } from '../../traffic/units.ts'
import type { Call } from './grpc-endpoint.ts'

/**
 * A payload's size from a message, text or number. Refused when it is not a size, or when it is past limits.payload or
 * the limit of a message; before memory is allocated for it.
 */
export function payloadSize(call: Call, name: string, given: string | number): number {
  const bytes = wholeNumber(name, given)
  const { payloadBytes } = call.origin.limits()
  if (bytes > payloadBytes) {
    throw refusal(`${name} ${bytes} is past limits.payload (${formatBytes(payloadBytes)})`)
  }
  if (bytes > call.messageLimitBytes) {
    const limit = formatBytes(call.messageLimitBytes)
    throw new OriginError(
      'PAYLOAD_TOO_LARGE',
      `${name} ${bytes} is past grpc.messageLimit (${limit})`,
    )
  }
  return bytes
}

/** A number of messages; past limits.count it is refused. */
export function messageCount(call: Call, name: string, given: string | number): number {
  const count = wholeNumber(name, given)
  const limit = call.origin.limits().count
  if (count > limit) throw refusal(`${name} ${count} is past limits.count (${limit})`)
  return count
}

/** A waiting time in milliseconds; past limits.delay it is refused. */
export function waitingMs(call: Call, name: string, ms: number): number {
  if (!(ms >= 0 && ms <= Number.MAX_SAFE_INTEGER)) {
    throw refusal(`${name} ${ms} is no waiting time; use 0 or more`)
  }
  const limit = call.origin.limits().delayMs
  if (ms > limit) throw refusal(`${name} ${ms} is past limits.delay (${formatDurationMs(limit)})`)
  return ms
}

/** A whole number from 0 up that a double holds exactly. */
export function wholeNumber(name: string, given: string | number): number {
  const value = Number(given)
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw refusal(`${name} ${given} is wrong; use a whole number from 0 to 2^53-1`)
}

function refusal(message: string): OriginError {
  return new OriginError('INVALID_REQUEST', message)
}
