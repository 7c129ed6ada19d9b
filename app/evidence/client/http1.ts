import { type Answer, type Fields, type Head, type Piece, valuesOf } from './answer.ts'
import { type Connection, Stopped } from './connection.ts'

/** How an answer is read. */
export interface Reading {
  /** Answers to HEAD have no body, whatever their fields say. */
  readonly isHead?: boolean
  /** How long to wait for the whole answer. */
  readonly ms?: number
  /** Takes the body's bytes in the place of `Answer.body`. */
  readonly take?: (piece: Buffer) => void
  /** Is told of the head as it comes, and of each interim answer. */
  readonly onHead?: (head: Head) => void
}

/** How long a proxy is waited for. */
export const patienceMs = 20_000

// What is kept of a body that nobody takes.
const mostBytes = 64 * 2 ** 20

class Malformed extends Error {}

/** Reads the next answer of a connection. Never rejects: how it went wrong is in the answer. */
export async function readAnswer(connection: Connection, reading: Reading = {}): Promise<Answer> {
  return new Reader(connection, reading).read()
}

class Reader {
  readonly #connection: Connection
  readonly #reading: Reading
  readonly #sentAt = performance.now()
  readonly #until: number
  readonly #interims: Head[] = []
  readonly #kept: Buffer[] = []
  readonly #pieces: Piece[] = []
  #head: Head | undefined
  #bytes = 0
  #trailers: Fields = []
  #framing: Answer['framing'] = 'none'
  #headMs = 0

  constructor(connection: Connection, reading: Reading) {
    this.#connection = connection
    this.#reading = reading
    this.#until = this.#sentAt + (reading.ms ?? patienceMs)
  }

  async read(): Promise<Answer> {
    try {
      await this.#readHeads()
      await this.#readBody()
      return this.#answer('complete')
    } catch (error) {
      if (error instanceof Stopped) return this.#answer(error.stop)
      if (error instanceof Malformed || error instanceof RangeError) {
        return this.#answer('malformed', error.message)
      }
      throw error
    }
  }

  async #readHeads(): Promise<void> {
    for (;;) {
      const head = await this.#readHead()
      this.#headMs = performance.now() - this.#sentAt
      this.#reading.onHead?.(head)
      if (head.status >= 200 || head.status === 101) {
        this.#head = head
        return
      }
      this.#interims.push(head)
    }
  }

  async #readHead(): Promise<Head> {
    const start = await this.#line()
    const match = /^HTTP\/(\d\.\d) (\d{3})(?: (.*))?$/.exec(start)
    if (match === null)
      throw new Malformed(`${JSON.stringify(start.slice(0, 60))} for a status line`)
    const lines: string[] = []
    for (let line = await this.#line(); line !== ''; line = await this.#line()) lines.push(line)
    const [, version = '', status, reason = ''] = match
    return { version, status: Number(status), reason, fields: parseFields(lines), lines }
  }

  async #readBody(): Promise<void> {
    const head = this.#head
    if (head === undefined || hasNoBody(head, this.#reading)) return
    const codings = valuesOf(head.fields, 'transfer-encoding').join(',').toLowerCase()
    const [length] = valuesOf(head.fields, 'content-length')
    if (codings.trim().endsWith('chunked')) return this.#readChunks()
    if (length !== undefined) {
      this.#framing = 'length'
      if (!/^\d+$/.test(length)) throw new Malformed(`Content-Length: ${length}`)
      return this.#readBytes(Number(length))
    }
    this.#framing = 'close'
    await this.#readToEnd()
  }

  async #readToEnd(): Promise<void> {
    try {
      await this.#readBytes(Number.POSITIVE_INFINITY)
    } catch (error) {
      if (error instanceof Stopped && error.stop === 'fin') return
      throw error
    }
  }

  async #readChunks(): Promise<void> {
    this.#framing = 'chunked'
    for (;;) {
      const line = await this.#line()
      const [, size] = /^([0-9a-f]+)[ \t]*(?:;.*)?$/i.exec(line) ?? []
      if (size === undefined) {
        throw new Malformed(`${JSON.stringify(line.slice(0, 40))} for a chunk size`)
      }
      if (/^0+$/.test(size)) break
      await this.#readBytes(Number.parseInt(size, 16))
      if ((await this.#line()) !== '') throw new Malformed('more bytes than a chunk has')
    }
    const lines: string[] = []
    for (let line = await this.#line(); line !== ''; line = await this.#line()) lines.push(line)
    this.#trailers = parseFields(lines)
  }

  async #readBytes(count: number): Promise<void> {
    for (let left = count; left > 0;) {
      const piece = await this.#connection.some(left, this.#until)
      left -= piece.length
      this.#bytes += piece.length
      this.#pieces.push({ atMs: performance.now() - this.#sentAt, bytes: piece.length })
      if (this.#reading.take !== undefined) this.#reading.take(piece)
      else if (this.#bytes > mostBytes) throw new Malformed('a body of more than 64 MiB')
      else this.#kept.push(piece)
    }
  }

  #line(): Promise<string> {
    return this.#connection.line(this.#until)
  }

  #answer(end: Answer['end'], trouble = ''): Answer {
    return {
      head: this.#head,
      interims: this.#interims,
      body: Buffer.concat(this.#kept),
      bodyBytes: this.#bytes,
      pieces: this.#pieces,
      trailers: this.#trailers,
      framing: this.#framing,
      end,
      trouble,
      headMs: this.#headMs,
      endMs: performance.now() - this.#sentAt,
    }
  }
}

// RFC 9112 6.3.
function hasNoBody({ status }: Head, { isHead = false }: Reading): boolean {
  return isHead || status === 101 || status === 204 || status === 304
}

// A line without a colon is a field without a value; one that continues another (obs-fold) has an empty name.
function parseFields(lines: readonly string[]): Fields {
  return lines.map((line) => {
    if (/^[ \t]/.test(line)) return ['', line.trim()]
    const colon = line.indexOf(':')
    return colon === -1
      ? [line, '']
      : [line.slice(0, colon), line.slice(colon + 1).replaceAll(/^[ \t]+|[ \t]+$/g, '')]
  })
}
