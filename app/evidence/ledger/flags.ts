import type { Entry, Noted, NotedEnd } from './entries.ts'
import { endCauses } from './record.ts'

const methods = [
  '',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'QUERY',
  '_OTHER',
] as const
const listeners = ['fast', 'wire', 'grpc'] as const

// Flags: lap of the ring (5 bits), method (4), listener and scheme (3), cause (4), status (10), worker (6). The cause is
// never 0, so flags of 0 are those of an entry that is being written.
const lapBits = 27
const [methodBits, listenerBits, causeBits, statusBits] = [23, 20, 16, 6] as const
const [lapMask, methodMask, listenerMask, causeMask, statusMask, workerMask] = [
  31, 15, 7, 15, 1023, 63,
] as const

const causeNumbers = new Map(endCauses.map((cause, index) => [cause, index + 1]))
const methodNumbers = new Map<string, number>(methods.map((method, index) => [method, index]))
const otherMethod = methods.length - 1

/** The largest number of a lap: the next is 0 again. */
export const mostLap = lapMask

/** What an entry says in one cell. */
export function packFlags(lap: number, noted: Noted, { cause, status }: NotedEnd): number {
  const method = methodNumbers.get(noted.method) ?? otherMethod
  const listener = Math.max(0, listeners.indexOf(noted.listener as 'fast')) * 2
  return (
    (lap << lapBits) |
    (method << methodBits) |
    ((listener + (noted.scheme === 'https' ? 1 : 0)) << listenerBits) |
    ((causeNumbers.get(cause) ?? 1) << causeBits) |
    (Math.min(status, statusMask) << statusBits) |
    Math.min(noted.worker, workerMask)
  )
}

/** The lap that an entry was written in. */
export function lapOf(flags: number): number {
  return (flags >>> lapBits) & lapMask
}

/** The rest of what the cell says. */
export function unpackFlags(
  flags: number,
): Pick<Entry, 'method' | 'listener' | 'scheme' | 'cause' | 'status' | 'worker'> {
  const kind = (flags >>> listenerBits) & listenerMask
  return {
    method: methods[(flags >>> methodBits) & methodMask] ?? '',
    listener: listeners[kind >> 1] ?? '',
    scheme: kind % 2 === 1 ? 'https' : 'http',
    cause: endCauses[((flags >>> causeBits) & causeMask) - 1] ?? 'open',
    status: (flags >>> statusBits) & statusMask,
    worker: flags & workerMask,
  }
}
