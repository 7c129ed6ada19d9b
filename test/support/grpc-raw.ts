import { once } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  connect,
} from 'node:http2'
import type { TestContext } from 'node:test'

import { within } from './wait.ts'

/** A message in its frame; `isCompressed` sets the flag and nothing else. */
export function framed(bytes: Uint8Array, isCompressed = false): Buffer {
  const frame = Buffer.alloc(5 + bytes.length)
  frame[0] = isCompressed ? 1 : 0
  frame.writeUInt32BE(bytes.length, 1)
  frame.set(bytes, 5)
  return frame
}

/** A message with no field set. */
export const emptyMessage = framed(new Uint8Array(0))

/** A GOAWAY as it came. */
export interface Goaway {
  readonly code: number
  readonly lastStream: number
}

/** An HTTP/2 connection by Node's own client, which shows frames where gRPC's client shows calls. */
export interface RawConnection {
  readonly session: ClientHttp2Session
  readonly goaways: readonly Goaway[]
  readonly closed: Promise<unknown>
}

export async function connectRaw(t: TestContext, port: number): Promise<RawConnection> {
  const session = connect(`http://127.0.0.1:${port}`)
  const goaways: Goaway[] = []
  session.on('goaway', (code: number, lastStream: number) => goaways.push({ code, lastStream }))
  session.on('error', () => {})
  t.after(() => session.destroy())
  const closed = once(session, 'close')
  await within('the settings of the connection', once(session, 'remoteSettings'))
  return { session, goaways, closed }
}

/** How a call looked on the wire. */
export interface RawOutcome {
  readonly httpStatus: number | undefined
  /** Of the trailers, or of the only header block. */
  readonly end: IncomingHttpHeaders
  readonly status: number | undefined
  readonly message: string
  readonly resetCode: number | undefined
  readonly bytes: number
}

export interface RawAsking {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/** Opens a call and leaves it open. */
export function beginRaw(
  { session }: Pick<RawConnection, 'session'>,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): ClientHttp2Stream {
  return session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  })
}

/** One whole call. */
export function askRaw(
  connection: RawConnection,
  path: string,
  { headers = {}, body = emptyMessage }: RawAsking = {},
): Promise<RawOutcome> {
  const stream = beginRaw(connection, path, headers)
  stream.end(body)
  return within(`the end of ${path}`, outcomeOf(stream))
}

/** How a call that was begun ends. */
export async function outcomeOf(stream: ClientHttp2Stream): Promise<RawOutcome> {
  let head: IncomingHttpHeaders & { ':status'?: number | undefined } = {}
  let trailers: IncomingHttpHeaders | undefined
  let bytes = 0
  stream.on('response', (headers) => {
    head = headers
  })
  stream.on('trailers', (headers: IncomingHttpHeaders) => {
    trailers = headers
  })
  stream.on('data', (piece: Buffer) => {
    bytes += piece.length
  })
  // A reset is told by its code.
  stream.on('error', () => {})
  await new Promise((resolve) => stream.once('close', resolve))
  const end = trailers ?? head
  const status = end['grpc-status']
  return {
    httpStatus: head[':status'],
    end,
    status: status === undefined ? undefined : Number(status),
    message: decodeURIComponent(String(end['grpc-message'] ?? '')),
    resetCode: stream.rstCode,
    bytes,
  }
}
