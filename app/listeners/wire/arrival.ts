import { ServerResponse } from 'node:http'

import type { ArrivalFacts, KnownEnd, RequestRest } from '../../evidence/ledger/arrival.ts'
import type { WireExchange } from './exchange.ts'
import { textOf } from './request.ts'

/** What the arrival ledger keeps of a request. */
export function arrivalFactsOf(exchange: WireExchange): ArrivalFacts {
  const { scheme, request, rawHeaders, isHttp1, httpVersion, sourceAddress, connection } = exchange
  const { tls } = connection
  return {
    scheme,
    target: textOf(request.url ?? ''),
    headers: rawHeaders,
    httpVersion: isHttp1 ? httpVersion : '2',
    sourceAddress,
    connection: connection.id,
    requestOnConnection: connection.requests,
    idleBeforeMs: connection.idleBeforeMs,
    firstByteAt: connection.firstByteAt,
    alpn: tls?.alpn,
    sni: tls?.server_name,
  }
}

/** What came after the request's head. */
export function requestRestOf(exchange: WireExchange): RequestRest {
  const { request, bytesIn, isAborted } = exchange
  const isWhole =
    'stream' in request ? request.stream.endAfterHeaders || request.readableEnded : request.complete
  const isKnown = isWhole || bytesIn > 0 || isAborted
  return { isBodyWhole: isKnown ? isWhole : undefined, trailers: request.rawTrailers }
}

/** How an exchange ended whose answer is not complete. */
export function earlyEnd({ response, connection }: WireExchange): KnownEnd {
  const { brokenBy, goaway } = connection
  if (brokenBy === 'timeout') return { cause: 'timeout', by: 'origin' }
  if (goaway !== undefined) return { cause: 'goaway', by: 'client', code: goaway }
  if (brokenBy !== undefined) return { cause: brokenBy, by: 'client' }
  if (response instanceof ServerResponse) return { cause: 'abort', by: 'origin' }
  return { cause: 'rst-stream', by: 'client', code: response.stream.rstCode }
}
