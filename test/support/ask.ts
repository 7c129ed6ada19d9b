import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { request as requestTls } from 'node:https'

import { remember } from './leftovers.ts'
import { within } from './wait.ts'

/** An answer as Node's own HTTP client understands it. */
export interface Answer {
  readonly status: number
  readonly reason: string
  readonly headers: IncomingHttpHeaders
  /** Statuses of the 1xx answers before it. */
  readonly interim: readonly number[]
  readonly trailers: IncomingMessage['trailers']
  readonly body: Buffer
}

export interface Question {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** A body with Content-Length, or pieces, which are sent chunked. */
  readonly body?: string | Uint8Array | readonly Uint8Array[]
  /** For the head of the answer, and again for its body. */
  readonly ms?: number
}

// As long as the slowest transfer takes on a loaded machine.
const patienceMs = 30_000

/**
 * Sends one request on a connection of its own and takes the whole answer. `base` is a URL (whoever signed its
 * certificate), or a port of 127.0.0.1; `path` is sent as it is.
 */
export async function ask(
  base: string | number,
  path: string,
  question: Question = {},
): Promise<Answer> {
  const interim: number[] = []
  const response = await begin(base, path, {
    ...question,
    onInterim: (status) => interim.push(status),
  })
  const pieces: Buffer[] = []
  const read = async (): Promise<void> => {
    for await (const piece of response) pieces.push(piece as Buffer)
  }
  const { method = 'GET', ms = patienceMs } = question
  await within(`the body of ${method} ${path}`, read(), { ms }).finally(() => response.destroy())
  return {
    status: response.statusCode ?? 0,
    reason: response.statusMessage ?? '',
    headers: response.headers,
    interim,
    trailers: response.trailers,
    body: Buffer.concat(pieces),
  }
}

interface Beginning extends Question {
  /** Is told of each 1xx as it comes. */
  readonly onInterim?: (status: number) => void
}

/** Sends one request and resolves at the answer's head; the caller reads the body, or destroys it. */
export async function begin(
  base: string | number,
  path: string,
  { method = 'GET', headers = {}, body, ms = patienceMs, onInterim = () => {} }: Beginning = {},
): Promise<IncomingMessage> {
  const url = new URL(typeof base === 'number' ? `http://127.0.0.1:${base}` : base)
  const send = url.protocol === 'https:' ? requestTls : request
  const outgoing = send(url, {
    path: `${url.pathname === '/' ? '' : url.pathname}${path}`,
    method,
    headers: {
      // As most clients and proxies say; `close` would hide what the origin itself does about it.
      connection: 'keep-alive',
      ...headers,
      ...(isWhole(body) && { 'content-length': Buffer.byteLength(body) }),
    },
    agent: false,
    rejectUnauthorized: false,
  })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve)
    outgoing.on('error', reject)
  })
  outgoing.once('socket', remember)
  outgoing.on('information', ({ statusCode }) => onInterim(statusCode))
  if (isWhole(body)) outgoing.write(body)
  else for (const piece of body ?? []) outgoing.write(piece)
  outgoing.end()
  try {
    return await within(`an answer to ${method} ${path}`, answered, { ms })
  } catch (error) {
    outgoing.destroy()
    throw error
  }
}

/** The JSON object that an answer, or what a program wrote, holds. */
export function jsonOf(
  holder: { readonly body: Buffer } | Buffer,
): Readonly<Record<string, unknown>> {
  const bytes = 'body' in holder ? holder.body : holder
  return JSON.parse(bytes.toString()) as Readonly<Record<string, unknown>>
}

function isWhole(body: Question['body']): body is string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array
}
