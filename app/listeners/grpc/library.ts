// What we use of @grpc/grpc-js beyond its documented interface: that has no way to send GOAWAY or RST_STREAM, or to
// learn of a status that the library sends by itself. Everything of that kind is in this file.
import { EventEmitter } from 'node:events'
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'

import type * as Grpc from '@grpc/grpc-js'

/** The package itself, loaded when the first client comes. */
export type GrpcLibrary = typeof Grpc

/** The server's end of one call. */
export type LibraryCall = Grpc.ServerInterceptingCallInterface

/**
 * The HTTP/2 server that a server's connection injector feeds. Its events `session` and `stream` are Node's own. Throws
 * when the package keeps it in another place than version 1.14 does.
 */
export function http2ServerOf(server: Grpc.Server): Http2Server {
  // Private in the package's types. There is no other way to a connection on which nothing was called yet.
  const { http2Servers } = server as unknown as { readonly http2Servers?: unknown }
  const servers: unknown[] = http2Servers instanceof Map ? [...http2Servers.keys()] : []
  const [found] = servers
  if (servers.length !== 1 || !(found instanceof EventEmitter)) {
    throw new Error(
      '@grpc/grpc-js keeps its HTTP/2 server elsewhere than its version 1.14 does, so GOAWAY and RST_STREAM cannot be sent; use that version',
    )
  }
  // What emits connections, sessions and streams, whatever its class is called.
  return found as Http2Server
}

/**
 * Calls `told` with each status before it is sent: ours, and those the package sends by itself (deadline, message too
 * large, no such encoding).
 */
export function watchStatus(
  call: LibraryCall,
  stream: ServerHttp2Stream,
  told: (code: number) => void,
): void {
  const send = call.sendStatus.bind(call)
  call.sendStatus = (status) => {
    // On a closed stream nothing is sent.
    if (!stream.destroyed && !stream.closed) told(status.code ?? unknownStatus)
    send(status)
  }
}

const unknownStatus = 2

// Percent-encoding makes it three times as long, and with the metadata it must still fit into a header block.
const detailsLimit = 4096

/** The status that ends a call. */
export interface CallEnd {
  /** Any integer: clients also show codes that have no name. */
  readonly code: number
  readonly details: string
  readonly metadata?: Grpc.Metadata | undefined
}

/** Ends a call with a status, unless it has one already. */
export function sendStatus(call: LibraryCall, { code, details, metadata }: CallEnd): void {
  // An enumeration in the package's types, a number on the wire. Half a surrogate pair cannot be percent-encoded, and
  // the package would throw.
  const text = details.slice(0, detailsLimit).toWellFormed()
  const status: unknown = { code, details: text, metadata: metadata ?? null }
  call.sendStatus(status as Parameters<LibraryCall['sendStatus']>[0])
}

const msOfUnit = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 } as const

// 2^31 milliseconds, the most a timer holds, in whole seconds.
const longestTimeout = '2147483S'

/**
 * Shortens deadlines of more than 24 days to that: the package counts milliseconds in 32 bits, so a
 * timeout of 30 days would be over at once.
 */
export function clampTimeout(headers: IncomingHttpHeaders): void {
  const match = /^(\d{1,8})([HMSmun])$/.exec(String(headers['grpc-timeout'] ?? ''))
  if (match === null) return
  // The pattern accepts no other letters.
  const unit = match[2] as keyof typeof msOfUnit
  if (Number(match[1]) * msOfUnit[unit] >= 2 ** 31) headers['grpc-timeout'] = longestTimeout
}
