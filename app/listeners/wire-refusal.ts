import type { Socket } from 'node:net'

import { type Reply, chooseRequestId, jsonReply, statusLine } from '../endpoints/endpoint.ts'
import { closeGently } from './wire-closing.ts'

/** Answers what never became a request, byte by byte, and closes: a head too large, or that is none. */
export function refuseBytes(socket: Socket, { status, headers, body }: Reply): void {
  if (!socket.writable) return void socket.destroy()
  const text = body.kind === 'bytes' ? Buffer.from(body.bytes) : Buffer.alloc(0)
  const lines = [
    `HTTP/1.1 ${statusLine(status)}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `Date: ${new Date().toUTCString()}`,
    `Content-Length: ${text.length}`,
    'Connection: close',
  ]
  socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), text]))
  closeGently(socket)
}

/** What Node's parser says of bytes it cannot take. */
export type ParserError = Error & { readonly code?: string }

/** Longest time for a request head; heads come in one piece, or from those who wait on purpose. */
export const headMs = 60_000

const refusals = new Map<string, readonly [status: number, code: string, text: string]>([
  ['HPE_HEADER_OVERFLOW', [431, 'INVALID_REQUEST', 'the request head is past limits.headerBytes']],
  [
    'HPE_CHUNK_EXTENSIONS_OVERFLOW',
    [413, 'PAYLOAD_TOO_LARGE', 'the extensions of a chunk are past 16 KiB'],
  ],
  [
    'ERR_HTTP_REQUEST_TIMEOUT',
    [408, 'TIMEOUT', `the request head took longer than ${headMs / 1000} s`],
  ],
])

/** The answer to bytes that are no request. */
export function garbageReply({ code = '', message }: ParserError): Reply {
  const given = refusals.get(code)
  const [status, word, text] = given ?? [400, 'INVALID_REQUEST', `not HTTP/1: ${message}`]
  const timestamp = Math.floor(Date.now() / 1000)
  const requestId = chooseRequestId('')
  return jsonReply({ error: text, code: word, request_id: requestId, timestamp }, status, [
    ['X-Request-ID', requestId],
  ])
}
