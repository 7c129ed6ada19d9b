import { write, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const writeAsync = promisify(write)

// Node makes standard output non-blocking when the first worker starts, so a pipe is full now and then.
const fullMs = 5

// How much waits for a reader that does not read; later lines are dropped.
const mostWaiting = 2 ** 20

const lineEnd = 0x0a

/** Lines that could not be written, and why. */
export interface Loss {
  readonly lines: number
  /** ENOSPC without room on the disk, EPIPE without a reader. */
  readonly code: string
}

/**
 * Standard output, or another descriptor, as a place for whole lines in their order. Lines that it cannot take are
 * dropped and counted; nothing else waits for them.
 */
export class LogOutput {
  readonly #fd: number
  readonly #onRegained: (loss: Loss) => void
  #written = Promise.resolve()
  #waiting = 0
  #lost = 0
  /** What was lost since the last line that got out. */
  #loss: Loss | undefined
  #isAtLineStart = true

  /** `onRegained` hears of what was lost when lines get out again. */
  constructor(onRegained: (loss: Loss) => void, fd = 1) {
    this.#fd = fd
    this.#onRegained = onRegained
  }

  /** How many lines were lost so far. */
  get lost(): number {
    return this.#lost
  }

  /** Writes a line before it returns, unless others wait or there is no room. */
  write(bytes: Buffer): void {
    if (this.#waiting > mostWaiting) return this.#lose(bytes, 'EAGAIN')
    // After what waits already, so that lines stay in their order.
    const rest = this.#waiting > 0 ? bytes : this.#writeNow(bytes)
    if (rest.length === 0) return
    const isBegun = rest !== bytes
    this.#waiting += rest.length
    this.#written = this.#written
      .then(() => this.#writeRest(isBegun ? rest : this.#mended(rest)))
      .finally(() => (this.#waiting -= rest.length))
  }

  /** Writes pieces of whole lines when all before them are out; resolves when they are. */
  writeAll(pieces: Iterable<Buffer>): Promise<void> {
    this.#written = this.#writePieces(this.#written, pieces)
    return this.#written
  }

  /** Writes what is taken at once, and gives back the rest. */
  #writeNow(bytes: Buffer): Buffer {
    const whole = this.#mended(bytes)
    try {
      return this.#noteWritten(whole, writeSync(this.#fd, whole))
    } catch (error) {
      if (codeOf(error) === 'EAGAIN') return bytes
      this.#lose(bytes, codeOf(error))
      return Buffer.alloc(0)
    }
  }

  async #writePieces(before: Promise<void>, pieces: Iterable<Buffer>): Promise<void> {
    await before
    for (const piece of pieces) await this.#writeRest(this.#mended(piece))
  }

  async #writeRest(bytes: Buffer): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      try {
        rest = this.#noteWritten(rest, (await writeAsync(this.#fd, rest)).bytesWritten)
      } catch (error) {
        // The origin serves on without being heard.
        if (codeOf(error) !== 'EAGAIN') return this.#lose(rest, codeOf(error))
        await sleep(fullMs)
      }
    }
  }

  // A line that was cut when the disk was full must not swallow the next one.
  #mended(bytes: Buffer): Buffer {
    return this.#isAtLineStart ? bytes : Buffer.concat([Buffer.of(lineEnd), bytes])
  }

  #noteWritten(bytes: Buffer, count: number): Buffer {
    if (count > 0) this.#isAtLineStart = bytes[count - 1] === lineEnd
    const loss = this.#loss
    if (count === bytes.length && loss !== undefined) {
      this.#loss = undefined
      this.#onRegained(loss)
    }
    return bytes.subarray(count)
  }

  #lose(bytes: Buffer, code: string): void {
    const lines = bytes.reduce((count, byte) => count + (byte === lineEnd ? 1 : 0), 0)
    this.#lost += lines
    this.#loss = { lines: lines + (this.#loss?.lines ?? 0), code }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
