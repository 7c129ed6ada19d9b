import type { Exchange, Headers, Origin, Reply } from '../../endpoints/endpoint.ts'

// For how long a browser need not ask again; some keep it for less.
const keptSeconds = 600

/** What goes out beside a reply's own headers: those given, and what lets scripts of other sites read it (cors.origin). */
export function withCors({ corsOrigin }: Origin, headers: Headers): Headers {
  const allowed = corsOrigin()
  if (allowed === undefined) return headers
  return [
    ...headers,
    ['Access-Control-Allow-Origin', allowed],
    ['Access-Control-Expose-Headers', '*'],
  ]
}

/**
 * The answer to a browser that asks whether a script of another site may send a request (a preflight, of the Fetch
 * standard): it may. Undefined for any other request, and while cors.origin is not set.
 */
export function preflightReply(
  exchange: Pick<Exchange, 'method' | 'origin' | 'header'>,
): Reply | undefined {
  if (exchange.method !== 'OPTIONS' || exchange.origin.corsOrigin() === undefined) return undefined
  const method = exchange.header('access-control-request-method')
  if (method === '') return undefined
  const asked = exchange.header('access-control-request-headers')
  return {
    status: 204,
    headers: [
      ['Access-Control-Allow-Methods', method],
      ...(asked === '' ? [] : ([['Access-Control-Allow-Headers', asked]] as const)),
      ['Access-Control-Max-Age', String(keptSeconds)],
    ],
    body: { kind: 'none' },
  }
}
