import { type Socket, connect } from 'node:net'
import type { TestContext } from 'node:test'

import { type Answer, AnswerReader } from './answer-reader.ts'
import type { TestOrigin } from './origin.ts'
import { within } from './wait.ts'

export interface ConnectionOptions {
  readonly port: number
  readonly host?: string
  /** The requests are HEAD. */
  readonly isBodyless?: boolean
}

/** A TCP connection that speaks HTTP by hand, to see what libraries hide. */
export class Connection {
  readonly socket: Socket
  readonly #reader: AnswerReader
  readonly #answers: Answer[] = []
  readonly #onChange = new Set<() => void>()
  #taken = 0
  #bytesRead = 0
  /** How the other side ended it: `fin`, or the error's code such as ECONNRESET; undefined while open. */
  end: string | undefined

  constructor({ port, host = '127.0.0.1', isBodyless = false }: ConnectionOptions) {
    this.#reader = new AnswerReader({ isBodyless })
    this.socket = connect({ port, host, noDelay: true })
    this.socket.on('data', (bytes: Buffer) => {
      this.#bytesRead += bytes.length
      this.#answers.push(...this.#reader.push(bytes))
      for (const look of this.#onChange) look()
    })
    this.socket.on('end', () => this.#ends('fin'))
    this.socket.on('error', (error: NodeJS.ErrnoException) => this.#ends(error.code ?? 'error'))
    this.socket.on('close', () => this.#ends('closed'))
  }

  get bytesRead(): number {
    return this.#bytesRead
  }

  /** Status and headers of the answer that has begun. */
  get head(): AnswerReader['head'] {
    return this.#reader.head
  }

  /** Sends a request; a body gets its Content-Length. */
  send(target: string, { method = 'GET', headers = {}, body = '' }: RequestParts = {}): void {
    const lines = Object.entries({
      Host: 'origin',
      ...(body !== '' && { 'Content-Length': String(Buffer.byteLength(body)) }),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`)
    this.socket.write(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
  }

  /** Resolves to the next answer; fails when the connection ends before it is whole. */
  async answer(withinMs?: number): Promise<Answer> {
    const place = this.#taken++
    await this.#until(`answer ${place + 1}`, () => this.#answers[place] !== undefined, withinMs)
    const answer = this.#answers[place]
    if (answer !== undefined) return answer
    throw new Error(
      `the connection ended (${this.end}) before answer ${place + 1} was whole, after ${this.#bytesRead} bytes`,
    )
  }

  /** Resolves to how the other side ended the connection. */
  async ended(withinMs?: number): Promise<string> {
    await this.#until('the end of the connection', () => this.end !== undefined, withinMs)
    return this.end ?? ''
  }

  /** Resolves when `holds` does, or when the connection has ended. */
  async #until(what: string, holds: () => boolean, withinMs?: number): Promise<void> {
    const isOver = (): boolean => holds() || this.end !== undefined
    if (isOver()) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = (): void => {
      if (isOver()) resolve()
    }
    this.#onChange.add(look)
    await within(what, promise, { ms: withinMs }).finally(() => this.#onChange.delete(look))
  }

  #ends(how: string): void {
    this.end ??= how
    for (const look of this.#onChange) look()
  }
}

export interface RequestParts {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A connection to the origin's http port that goes with the test. */
export function connectTo(
  t: TestContext,
  { ports }: TestOrigin,
  options: Omit<ConnectionOptions, 'port'> = {},
): Connection {
  const connection = new Connection({ ...options, port: ports.http })
  t.after(() => connection.socket.destroy())
  return connection
}
