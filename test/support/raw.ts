import { once } from 'node:events'
import { type Socket, connect } from 'node:net'

import { remember } from './leftovers.ts'
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

// Longer than any wait a test asks for and reads through.
const quietMs = 20_000

/** A TCP connection that sends what it is told and reads HTTP answers one after the other. */
export class RawConnection {
  readonly socket: Socket
  /** Resolves when the peer has ended or reset the connection, with what was not read before. */
  readonly closed: Promise<Buffer>
  #buffered: Buffer[] = []
  #bytes = 0
  #isClosed = false
  #isInChunk = false
  #wake: (() => void) | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (piece) => {
      this.#buffered.push(piece)
      this.#bytes += piece.length
      this.#wake?.()
    })
    this.closed = new Promise((resolve) => {
      const close = (): void => {
        this.#isClosed = true
        this.#wake?.()
        resolve(Buffer.concat(this.#buffered))
      }
      socket.once('end', close)
      socket.once('close', close)
    })
    // A reset is one of the ways to be closed; `closed` tells.
    socket.on('error', () => {})
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    remember(socket)
    const connection = new RawConnection(socket)
    await within('a connection', once(socket, 'connect'))
    return connection
  }

  /** Bytes received and not read yet. */
  get waiting(): number {
    return this.#bytes
  }

  /** Text is sent as latin1, so that every byte can be written down. */
  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** Leaves at once, without a word. */
  leave(): void {
    this.socket.destroy()
  }

  /** Reads the next answer; rejects when the connection ends before it does. */
  answer({ isHead = false, ms = 10_000 }: ReadOptions = {}): Promise<RawAnswer> {
    return within('an answer', this.#readAnswer(isHead), { ms })
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

  async line(): Promise<string> {
    for (;;) {
      const whole = Buffer.concat(this.#buffered)
      const at = whole.indexOf('\r\n')
      if (at !== -1) return (await this.take(at + 2)).subarray(0, at).toString('latin1')
      this.#buffered = [whole]
      await this.#more()
    }
  }

  async take(bytes: number): Promise<Buffer> {
    while (this.#bytes < bytes) await this.#more()
    const whole = Buffer.concat(this.#buffered)
    this.#buffered = [whole.subarray(bytes)]
    this.#bytes -= bytes
    return whole.subarray(0, bytes)
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
    await this.closed
    return { ...head, body: await this.take(this.#bytes), chunks: [] }
  }

  async #more(): Promise<void> {
    if (this.#isClosed) {
      const rest = Buffer.concat(this.#buffered)
      throw new Error(`the connection ended after ${JSON.stringify(rest.toString('latin1'))}`)
    }
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    await within('more bytes', woken, { ms: quietMs })
  }
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

/** Sends bytes on a connection of their own and gives what comes back until the peer closes. */
export async function exchangeBytes(url: string, bytes: string | Uint8Array): Promise<Buffer> {
  const connection = await RawConnection.open(url)
  connection.send(bytes)
  const answer = await within('the end of the connection', connection.closed)
  connection.leave()
  return answer
}
