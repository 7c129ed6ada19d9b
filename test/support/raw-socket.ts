import type { Socket } from 'node:net'

import { within } from './wait.ts'

/** How a connection ended: by the other side's FIN, by an error such as ECONNRESET, or `closed here`. */
export type End = 'FIN' | (string & {})

// Longer than any wait that a test asks for and reads through.
const quietMs = 30_000

/** A TCP or TLS connection byte by byte: sends what it is told, and keeps what comes until it is read. */
export class RawSocket {
  readonly socket: Socket
  /** Resolves to how it ended. */
  readonly ended: Promise<End>
  #end: End | undefined
  #pieces: Buffer[] = []
  #bytes = 0
  #received = 0
  #wake: (() => void) | undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (piece: Buffer) => {
      this.#pieces.push(piece)
      this.#bytes += piece.length
      this.#received += piece.length
      this.#wake?.()
    })
    this.ended = new Promise((resolve) => {
      const end = (how: End): void => {
        this.#end ??= how
        this.#wake?.()
        resolve(how)
      }
      socket.once('end', () => end('FIN'))
      socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
      socket.once('close', () => end('closed here'))
    })
  }

  /** How it ended; undefined while it is open. */
  get end(): End | undefined {
    return this.#end
  }

  /** Bytes that came and were not read yet. */
  get waiting(): number {
    return this.#bytes
  }

  /** All bytes that came so far. */
  get received(): number {
    return this.#received
  }

  /** Resolves when the connection has ended, with what was not read before. */
  get closed(): Promise<Buffer> {
    return this.ended.then(() => this.#whole())
  }

  /** How it ended, and what came until then and was not read before. */
  async rest(ms = quietMs): Promise<{ readonly end: End; readonly bytes: Buffer }> {
    const end = await within('the end of the connection', this.ended, { ms })
    return { end, bytes: this.#whole() }
  }

  /** Text is sent as latin1, so that every byte can be written down. */
  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** Sends FIN; the other way stays open. */
  finish(): void {
    this.socket.end()
  }

  /** Leaves at once, without a word. */
  leave(): void {
    this.socket.destroy()
  }

  /** Reads the next so many bytes; rejects if the connection ends before they came. */
  async take(bytes: number): Promise<Buffer> {
    while (this.#bytes < bytes) await this.#more(`${bytes} bytes`)
    return this.#cut(bytes)
  }

  /** Reads up to the next CRLF, and that, too; returns what is before it. */
  async line(): Promise<string> {
    for (;;) {
      const at = this.#whole().indexOf('\r\n')
      if (at !== -1) return this.#cut(at + 2).toString('latin1', 0, at)
      await this.#more('a line')
    }
  }

  #cut(bytes: number): Buffer {
    const whole = this.#whole()
    this.#pieces = [whole.subarray(bytes)]
    this.#bytes -= bytes
    return whole.subarray(0, bytes)
  }

  #whole(): Buffer {
    const [first, ...others] = this.#pieces
    if (first !== undefined && others.length === 0) return first
    const whole = Buffer.concat(this.#pieces)
    this.#pieces = [whole]
    return whole
  }

  async #more(what: string): Promise<void> {
    if (this.#end !== undefined) {
      const rest = this.#whole().toString('latin1', 0, 1000)
      throw new Error(
        `the connection ended (${this.#end}) before ${what}, after ${JSON.stringify(rest)}`,
      )
    }
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    await within(`${what}, of which ${this.#bytes} bytes came`, woken, { ms: quietMs })
  }
}
