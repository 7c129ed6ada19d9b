import { once } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
  connect,
} from 'node:http2'

import { remember } from '../support/leftovers.ts'
import { within } from '../support/wait.ts'

/** Fields of an answer. */
export type Fields = IncomingHttpHeaders & IncomingHttpStatusHeader

/** An answer of HTTP/2, with all that came around it. */
export interface Http2Answer {
  readonly status: number
  readonly headers: Fields
  readonly interim: readonly Fields[]
  readonly trailers: Fields | undefined
  readonly body: Buffer
}

/** Opens a session with prior knowledge, or by ALPN when the address is https. */
export async function openHttp2(
  url: string,
  options: SecureClientSessionOptions = {},
): Promise<ClientHttp2Session> {
  const session = connect(url, { rejectUnauthorized: false, ...options })
  session.on('error', () => {})
  remember(session)
  await within('the settings of the peer', once(session, 'remoteSettings'))
  return session
}

/** Sends a request, with a body when there is one, and reads the whole answer. */
export async function askHttp2(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: string | Uint8Array,
): Promise<Http2Answer> {
  const stream = session.request(headers, { endStream: body === undefined })
  if (body !== undefined) stream.end(body)
  return within(`an answer to ${String(headers[':path'])}`, readAnswer(stream), { ms: 20_000 })
}

/** Reads an answer to its end; rejects with what the stream was reset with. */
export async function readAnswer(stream: ClientHttp2Stream): Promise<Http2Answer> {
  const interim: Fields[] = []
  let trailers: Fields | undefined
  stream.on('headers', (fields) => interim.push(fields))
  stream.on('trailers', (fields) => (trailers = fields))
  const [headers] = (await once(stream, 'response')) as [Fields]
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(piece as Buffer)
  return {
    status: headers[':status'] ?? 0,
    headers,
    interim,
    trailers,
    body: Buffer.concat(pieces),
  }
}
