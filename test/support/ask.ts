import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'

import { remember } from './leftovers.ts'
import { within } from './wait.ts'

/** An answer as Node's own HTTP client understands it. */
export interface Answer {
  readonly status: number
  readonly reason: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Question {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** A body with Content-Length, or pieces, which are sent chunked. */
  readonly body?: string | Uint8Array | readonly Uint8Array[]
}

/** Sends one request on a connection of its own and takes the whole answer. */
export async function ask(base: string, path: string, question: Question = {}): Promise<Answer> {
  const response = await begin(base, path, question)
  const pieces: Buffer[] = []
  const read = async (): Promise<void> => {
    for await (const piece of response) pieces.push(piece as Buffer)
  }
  await within(`the body of ${question.method ?? 'GET'} ${path}`, read(), { ms: 20_000 })
  return {
    status: response.statusCode ?? 0,
    reason: response.statusMessage ?? '',
    headers: response.headers,
    body: Buffer.concat(pieces),
  }
}

/** Sends one request and resolves at the answer's head; the caller reads the body, or destroys it. */
export function begin(
  base: string,
  path: string,
  question: Question = {},
): Promise<IncomingMessage> {
  const { method = 'GET', headers = {}, body } = question
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    const url = new URL(base)
    const outgoing = request({
      host: url.hostname,
      port: url.port,
      path: `${url.pathname === '/' ? '' : url.pathname}${path}`,
      method,
      headers: {
        // As most clients and proxies say; `close` would hide what the origin itself does about it.
        connection: 'keep-alive',
        ...headers,
        ...(isWhole(body) && { 'content-length': Buffer.byteLength(body) }),
      },
      agent: false,
    })
    outgoing.once('socket', remember)
    outgoing.once('response', resolve)
    outgoing.on('error', reject)
    if (isWhole(body)) outgoing.write(body)
    else for (const piece of body ?? []) outgoing.write(piece)
    outgoing.end()
  })
  return within(`an answer to ${method} ${path}`, answered, { ms: 20_000 })
}

/** The JSON object an answer holds. */
export function jsonOf({ body }: { readonly body: Buffer }): Readonly<Record<string, unknown>> {
  return JSON.parse(body.toString()) as Readonly<Record<string, unknown>>
}

function isWhole(body: Question['body']): body is string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array
}
