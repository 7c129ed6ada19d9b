import type { WitnessedRequest } from '../../telemetry/witness.ts'
import type { Recorded } from '../http/record.ts'
import type { WireConnection } from './connection.ts'

/**
 * Bytes that are not a request, as an exchange that can be recorded: all that is known is the connection they came on.
 */
export function recordedGarbage({ source, tls }: WireConnection, requestId: string): Recorded {
  const [method, startedAt] = ['_OTHER', performance.now()]
  const scheme = tls === undefined ? 'http' : 'https'
  const known = { listener: 'wire', scheme, httpVersion: '1.1', sourceAddress: source } as const
  const nothing = { query: '', host: '', userAgent: '', traceparent: '', tracestate: '' }
  const describe = (route: string): WitnessedRequest => ({
    ...nothing,
    ...known,
    method,
    path: '/',
    route,
    requestId,
    startedAt,
  })
  return {
    method,
    listener: 'wire',
    scheme,
    startedAt,
    header: () => '',
    arrivalFacts: () => ({ ...known, target: '', headers: [] }),
    describe,
    bytesIn: 0,
    isAborted: false,
  }
}
