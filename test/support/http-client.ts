import { createHash } from 'node:crypto'
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'

import { within } from './wait.ts'

/** A request to a port of this machine. */
export interface Ask {
  readonly port: number
  readonly target: string
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: Buffer | string
  /** The body is sent in chunks of unknown number, instead of with its length. */
  readonly isChunked?: boolean
  readonly withinMs?: number
}

/** All that came back. */
export interface Told {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** Statuses of the 1xx before it. */
  readonly interim: readonly number[]
  readonly trailers: IncomingMessage['trailers']
  readonly body: Buffer
}

// Enough for a body to be many pieces.
const chunkBytes = 100_000

/** One request of Node's own client on a connection of its own: it knows 1xx, chunks and trailers. */
export function ask({
  port,
  target,
  method = 'GET',
  headers = {},
  body = '',
  isChunked = false,
  withinMs = 30_000,
}: Ask): Promise<Told> {
  const bytes = Buffer.from(body)
  const length = bytes.length > 0 && !isChunked ? { 'Content-Length': bytes.length } : {}
  const told = new Promise<Told>((resolve, reject) => {
    const interim: number[] = []
    const options = { host: '127.0.0.1', port, path: target, method, agent: false as const }
    const sent = request({ ...options, headers: { ...length, ...headers } })
    sent.on('information', ({ statusCode }) => interim.push(statusCode))
    sent.on('error', reject)
    // A proxy that never answers is not to keep the test.
    sent.setTimeout(withinMs, () => sent.destroy(new Error(`silence for ${withinMs} ms`)))
    sent.on('response', (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode: status = 0, headers: shown, trailers } = response
        resolve({ status, headers: shown, interim, trailers, body: Buffer.concat(pieces) })
      })
    })
    if (isChunked) {
      for (let at = 0; at < bytes.length; at += chunkBytes) {
        sent.write(bytes.subarray(at, at + chunkBytes))
      }
    }
    sent.end(isChunked ? undefined : bytes)
  })
  return within(`the answer to ${method} ${target}`, told, { ms: withinMs })
}

/** A JSON object out of a body; throws when it is none. */
export function jsonOf(body: Buffer): Record<string, unknown> {
  return JSON.parse(body.toString()) as Record<string, unknown>
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** What /bin sends without a seed. */
export function pattern(bytes: number): Buffer {
  return Buffer.alloc(bytes, alphabet)
}

/** In hex. */
export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
