import type { Socket } from 'node:net'

import { type Reply, chooseRequestId, statusLine } from '../../endpoints/endpoint.ts'
import { type ErrorCode, errorText } from '../../errors.ts'
import type { ExchangeRecord } from '../http/record.ts'
import { beginsProxyHeader } from '../port/proxy-protocol.ts'
import { headMs } from '../port/waits.ts'
import { closeGently } from './closing.ts'

/**
 * Answers on the bare socket what Node's server does not answer, and closes it. Returns the bytes of the body that were
 * written: 0 when the client has left.
 */
export function refuseBytes(socket: Socket, { status, headers, body }: Reply): number {
  if (!socket.writable) {
    socket.destroy()
    return 0
  }
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
  return text.length
}

/** Node's error for bytes that its parser rejects. */
export type ParserError = Error & {
  readonly code?: string
  readonly rawPacket?: Buffer
  readonly bytesParsed?: number
}

const refusals = new Map<string, readonly [status: number, code: ErrorCode, text: string]>([
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

const requestLine = /^[\w!#$%&'*+.^`|~-]+ \S+ HTTP\/1\.\d\r?\n/

/** The line that the parser rejected, and what follows it. */
function stumbledOver({ rawPacket, bytesParsed = 0 }: ParserError): string {
  const text = rawPacket?.toString('latin1') ?? ''
  return text.slice(text.lastIndexOf('\n', bytesParsed - 1) + 1)
}

/** The answer to bytes that are not a request. */
export function garbageReply(error: ParserError, requestId = chooseRequestId('')): Reply {
  const { code = '', message, rawPacket } = error
  if (rawPacket !== undefined && beginsProxyHeader(rawPacket)) {
    const text =
      'this is a PROXY protocol header, and this port does not expect one; set wire.proxyProtocol=optional or required, or have the proxy not send it'
    return refusalReply(400, ['INVALID_REQUEST', text], requestId)
  }
  // Node's parser has a fixed list of methods (RFC 9110 9.1: an unrecognized one is 501).
  if (code === 'HPE_INVALID_METHOD' && requestLine.test(stumbledOver(error))) {
    const text =
      'this method is not known to the parser of HTTP/1 here; use HTTP/2, or the fast listener'
    return refusalReply(501, ['UNSUPPORTED_ON_LISTENER', text], requestId)
  }
  const given = refusals.get(code)
  const [status, word, text] = given ?? [400, 'INVALID_REQUEST', `not HTTP/1: ${message}`]
  return refusalReply(status, [word, text], requestId)
}

/** The answer to a request that HTTP itself refuses, with a status that none of our refusals has. */
export function refusalReply(
  status: number,
  [code, text]: readonly [code: ErrorCode, text: string],
  requestId = chooseRequestId(''),
): Reply {
  const headers = [
    ['Content-Type', 'application/json'],
    ['X-Request-ID', requestId],
  ] as const
  return { status, headers, body: { kind: 'bytes', bytes: errorText(code, text, requestId) } }
}

/** Answers on the bare socket and records that as the end of the exchange. */
export function refuseRecorded(socket: Socket, record: ExchangeRecord, reply: Reply): void {
  record.sent(refuseBytes(socket, reply))
  record.end(reply.status)
}
