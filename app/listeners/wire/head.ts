import { ServerResponse } from 'node:http'
import { constants } from 'node:http2'

import { type Headers, type Interim, type Reply, statusLine } from '../../endpoints/endpoint.ts'
import type { Plan } from '../../traffic/faults/plan.ts'
import { knownLength } from '../http/plan.ts'
import { bendHead, replaceStatusLine } from './ending.ts'
import type { WireExchange } from './exchange.ts'

/** What the head says besides the reply. */
export interface HeadOptions {
  /** The connection ends after this answer. */
  readonly isClosing: boolean
  readonly extra: Headers
  /** The mistakes to put into the head. */
  readonly plan?: Plan | undefined
}

/** Sends status and headers; names in the case they are written in, repeated ones repeated. */
export function sendHead(
  exchange: WireExchange,
  reply: Reply,
  { isClosing, extra, plan = {} }: HeadOptions,
): void {
  const { response, isHttp1 } = exchange
  const { status, headers, body } = reply
  const trailers = trailersOf(exchange, reply)
  // HTTP/1.1 has trailers only after chunks, and HEAD gets the head that GET would get.
  const isChunked = reply.trailers !== undefined && exchange.isModern
  const length = isChunked ? undefined : shifted(knownLength(body), plan.contentLengthBy)
  const all: Headers = [
    ...headers,
    ...extra,
    ...(length === undefined ? [] : ([['Content-Length', String(length)]] as const)),
    ...(trailers === undefined ? [] : ([['Trailer', namesOf(trailers)]] as const)),
    ...(isClosing && isHttp1 ? ([['Connection', 'close']] as const) : []),
  ]
  if (response instanceof ServerResponse) {
    // Node's types know arrays of pairs; it takes them flat, and keeps order, case and repeats so.
    response.writeHead(status, statusLine(status).slice(4), all.flat() as never)
    if (plan.statusLine !== undefined) replaceStatusLine(response, plan.statusLine)
    if (plan.head !== undefined) bendHead(response, plan.head)
    // A stream may take a while until its first chunk.
    if (body.kind === 'stream') response.flushHeaders()
    return
  }
  for (const [name, value] of all) response.appendHeader(name, value)
  response.writeHead(status)
}

function shifted(length: number | undefined, by = 0): number | undefined {
  return length === undefined ? undefined : Math.max(0, length + by)
}

/** Sends the possible trailers, before the answer is ended. */
export function sendTrailers(exchange: WireExchange, reply: Reply): void {
  const { response } = exchange
  const trailers = trailersOf(exchange, reply)
  if (trailers === undefined) return
  if (response instanceof ServerResponse) {
    // Node's types know objects; it takes pairs, and keeps order, case and repeats so.
    response.addTrailers(trailers as never)
    return
  }
  // Node asks for them in a callback of its own, where an exception would be uncaught.
  const { stream } = response
  stream.removeAllListeners('wantTrailers')
  stream.once('wantTrailers', () => {
    try {
      stream.sendTrailers(fieldsOf(trailers))
    } catch {
      stream.close(constants.NGHTTP2_INTERNAL_ERROR)
    }
  })
}

// Values of a repeated name in one line, which means the same (RFC 9110 5.3). Node accepts only one line for some
// names.
function fieldsOf(trailers: Headers): Record<string, string> {
  const byName = Map.groupBy(trailers, ([name]) => name.toLowerCase())
  return Object.fromEntries(
    [...byName].map(([name, pairs]) => [name, pairs.map(([, value]) => value).join(', ')]),
  )
}

/** The trailers that can be sent: none without a body, and none to HTTP/1.0. */
function trailersOf(
  { method, isModern }: WireExchange,
  { status, trailers }: Reply,
): Headers | undefined {
  const hasBody = method !== 'HEAD' && status !== 204 && status !== 304
  return hasBody && isModern ? trailers : undefined
}

// Only names announced here may be sent after the body (RFC 9110 6.6.2).
function namesOf(trailers: Headers): string {
  return [...new Set(trailers.map(([name]) => name))].join(', ')
}

/** Sends a 1xx (RFC 9110 15.2); any but 101. */
export function sendInterim(exchange: WireExchange, { status, headers }: Interim): void {
  const { response } = exchange
  if (response instanceof ServerResponse) {
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const head = `HTTP/1.1 ${statusLine(status)}\r\n${lines}\r\n`
    // Node has methods for 100, 102 and 103 alone; all three are this call.
    const writer = response as unknown as { _writeRaw(text: string, encoding: string): void }
    writer._writeRaw(head, 'latin1')
    return
  }
  const fields = Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]))
  if (!exchange.isGone && !response.stream.headersSent) {
    response.stream.additionalHeaders({ ...fields, ':status': status })
  }
}
