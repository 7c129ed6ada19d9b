import { once } from 'node:events'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'

import { atEnd } from './at-end.ts'
import { remember } from './leftovers.ts'
import type { OpenPorts } from './origin.ts'
import { RawSocket } from './raw-socket.ts'
import { within } from './wait.ts'

/** An answer read from the bytes themselves: nothing is repaired or hidden. */
export interface RawAnswer {
  readonly version: string
  readonly status: number
  readonly reason: string
  /** Names as they came, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  /** Length of each chunk when the body was chunked. */
  readonly chunks: readonly number[]
}

export interface ReadOptions {
  /** Answers to HEAD have no body whatever their headers say. */
  readonly isHead?: boolean
  readonly ms?: number
}

/** A connection that sends what it is told and reads HTTP answers one after the other. */
export class RawConnection extends RawSocket {
  #isInChunk = false
  #turn: Promise<unknown> = Promise.resolve()

  /** Connects to a URL, and resolves when that is done. The connection may be closed one way only. */
  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    remember(socket)
    const connection = new RawConnection(socket)
    await within('a connection', once(socket, 'connect'))
    return connection
  }

  /** Reads the next answer; rejects when the connection ends before it does. Answers are read in turn. */
  answer({ isHead = false, ms }: ReadOptions = {}): Promise<RawAnswer> {
    const read = this.#turn.then(() => this.#readAnswer(isHead))
    this.#turn = read.catch(() => {})
    return within('an answer', read, { ms })
  }

  /**
   * Reads a chunked body's next chunk after `head`; empty at the end of the body. Does not wait for
   * the CRLF behind the chunk, which the engine sends with the next one.
   */
  async chunk(): Promise<Buffer> {
    if (this.#isInChunk && (await this.line()) !== '') throw new Error('a chunk goes on')
    const size = Number.parseInt(await this.line(), 16)
    if (Number.isNaN(size)) throw new Error('a chunk without a size')
    this.#isInChunk = size > 0
    if (size > 0) return this.take(size)
    if ((await this.line()) !== '') throw new Error('a trailer nobody asked for')
    return Buffer.alloc(0)
  }

  /** Reads the status line and the header lines. */
  async head(): Promise<Omit<RawAnswer, 'body' | 'chunks'>> {
    const start = await this.line()
    const match = /^HTTP\/(\d\.\d) (\d{3}) (.*)$/.exec(start)
    if (match === null) throw new Error(`not a status line: ${JSON.stringify(start)}`)
    const headers: (readonly [string, string])[] = []
    for (let line = await this.line(); line !== ''; line = await this.line()) {
      const colon = line.indexOf(': ')
      if (colon < 1) throw new Error(`not a header line: ${JSON.stringify(line)}`)
      headers.push([line.slice(0, colon), line.slice(colon + 2)])
    }
    return {
      version: match[1] ?? '',
      status: Number(match[2]),
      reason: match[3] ?? '',
      headers,
    }
  }

  async #readAnswer(isHead: boolean): Promise<RawAnswer> {
    const head = await this.head()
    const length = headerOf(head, 'content-length')
    const hasBody = !isHead && head.status >= 200 && head.status !== 204 && head.status !== 304
    if (!hasBody) return { ...head, body: Buffer.alloc(0), chunks: [] }
    if (headerOf(head, 'transfer-encoding') === 'chunked') {
      const chunks: Buffer[] = []
      for (let chunk = await this.chunk(); chunk.length > 0; chunk = await this.chunk()) {
        chunks.push(chunk)
      }
      return { ...head, body: Buffer.concat(chunks), chunks: chunks.map((chunk) => chunk.length) }
    }
    if (length !== undefined) return { ...head, body: await this.take(Number(length)), chunks: [] }
    await this.ended
    return { ...head, body: await this.take(this.waiting), chunks: [] }
  }
}

/** A connection to a port of the origin that goes with the test; what is sent waits until it is there. */
export function connectTo(
  t: TestContext,
  { ports }: { readonly ports: OpenPorts },
  listener: keyof OpenPorts = 'http',
): RawConnection {
  const connection = new RawConnection(
    connect({ port: ports[listener] ?? 0, host: '127.0.0.1', noDelay: true }),
  )
  atEnd(t, () => connection.leave())
  return connection
}

/** First value of a header by lower-case name. */
export function headerOf(
  { headers }: Pick<RawAnswer, 'headers'>,
  name: string,
): string | undefined {
  return headers.find(([given]) => given.toLowerCase() === name)?.[1]
}

export interface RawParts {
  readonly host?: string
  /** More header lines. */
  readonly headers?: readonly string[]
  readonly body?: string
}

/** The bytes of a request: its first line without the version, a Host, more header lines, a body. */
export function rawRequest(
  line: string,
  { host = 'origin.test', headers = [], body = '' }: RawParts = {},
): string {
  return `${line} HTTP/1.1\r\n${[`Host: ${host}`, ...headers].join('\r\n')}\r\n\r\n${body}`
}

/** As `rawRequest`, of a request with a body and its Content-Length. */
export function sizedRequest(
  line: string,
  body: string,
  parts: Omit<RawParts, 'body'> = {},
): string {
  const headers = [...(parts.headers ?? []), `Content-Length: ${Buffer.byteLength(body, 'latin1')}`]
  return rawRequest(line, { ...parts, headers, body })
}

/** Sends bytes on a connection of their own and gives what comes back until the peer closes. */
export async function exchangeBytes(url: string, bytes: string | Uint8Array): Promise<Buffer> {
  const connection = await RawConnection.open(url)
  connection.send(bytes)
  const answer = await within('the end of the connection', connection.closed)
  connection.leave()
  return answer
}
