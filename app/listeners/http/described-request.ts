import type { Exchange } from '../../endpoints/endpoint.ts'
import type { WitnessedRequest } from '../../telemetry/witness.ts'

/** A request as witnesses see it; `route` is the row's path. */
export function describeRequest(
  exchange: Exchange & Pick<WitnessedRequest, 'startedAt'>,
  route: string,
): WitnessedRequest {
  const { listener, scheme, httpVersion, method, path, query, requestId, startedAt } = exchange
  const request = { listener, scheme, httpVersion, method, path, query, requestId, startedAt }
  return {
    ...request,
    route,
    sourceAddress: exchange.sourceAddress,
    host: exchange.header('host'),
    userAgent: exchange.header('user-agent'),
    traceparent: exchange.header('traceparent'),
    tracestate: exchange.header('tracestate'),
  }
}
