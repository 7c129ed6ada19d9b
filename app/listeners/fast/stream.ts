import type { ReplyBody } from '../../endpoints/endpoint.ts'
import type { Chunk } from '../../traffic/pace.ts'
import { turnBytes } from '../port/turn.ts'
import { timerMs } from '../port/waits.ts'
import type { Outlet } from './outlet.ts'

/**
 * Paced chunks being sent. Waits as the source says, flushes each chunk by itself, and asks for the next only when the
 * socket has taken it, so a slow reader costs one chunk of memory.
 */
export class FastStream {
  readonly #outlet: Outlet
  readonly #total: number | undefined
  readonly #endsBy: () => 'fin' | 'rst' | undefined
  readonly #chunks: Iterator<Chunk>
  #sent = 0
  /** What the socket did not take of a chunk with Content-Length. The engine queues chunked ones itself. */
  #rest: Uint8Array = new Uint8Array(0)
  #timer: NodeJS.Timeout | undefined

  constructor(outlet: Outlet, { chunks, bytes, endsBy }: Extract<ReplyBody, { kind: 'stream' }>) {
    this.#outlet = outlet
    this.#total = bytes
    this.#endsBy = endsBy ?? (() => undefined)
    this.#chunks = chunks[Symbol.iterator]()
  }

  start(): void {
    const { response } = this.#outlet
    this.#outlet.outlive(() => {
      clearTimeout(this.#timer)
      this.#chunks.return?.()
    })
    response.onWritable(() => {
      if (this.#rest.length > 0 && !this.#write(this.#rest)) return false
      setImmediate(this.#run)
      return true
    })
    // Not at once: we are corked here, and the engine would join the chunks of one turn.
    setImmediate(this.#run)
  }

  readonly #run = (): void => {
    for (let turn = 0; turn < turnBytes;) {
      if (this.#outlet.isAborted()) return
      const next = this.#chunks.next()
      if (next.done === true) return this.#end()
      const { waitMs, render } = next.value
      if (waitMs > 0) {
        this.#timer = setTimeout(() => {
          if (this.#flush(render()) >= 0) this.#run()
        }, timerMs(waitMs))
        return
      }
      const bytes = this.#flush(render())
      if (bytes < 0) return
      turn += Math.max(bytes, chunkCost)
    }
    setImmediate(this.#run)
  }

  /** Sends one chunk; returns its bytes, or -1 when the stream goes on (or is over) elsewhere. */
  #flush(chunk: Uint8Array | string): number {
    if (this.#outlet.isAborted()) return -1
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    let isTaken = false
    if (!mayBeCorked(bytes.length)) isTaken = this.#write(bytes)
    else
      this.#outlet.response.cork(() => {
        isTaken = this.#write(bytes)
      })
    return isTaken ? bytes.length : -1
  }

  #write(bytes: Uint8Array): boolean {
    const { response } = this.#outlet
    if (this.#total === undefined) {
      this.#sent += bytes.length
      this.#outlet.sent(this.#sent)
      const isTaken = response.write(bytes)
      // The engine has copied what the socket did not take.
      this.#outlet.holds(isTaken ? 0 : bytes.length)
      return isTaken
    }
    const [hasRoom, isDone] = response.tryEnd(bytes, this.#total)
    if (isDone) {
      this.#outlet.done(this.#total)
      return false
    }
    const sent = response.getWriteOffset()
    this.#rest = hasRoom ? this.#rest.subarray(0, 0) : bytes.subarray(sent - this.#sent)
    this.#sent = sent
    this.#outlet.sent(sent)
    this.#outlet.holds(this.#rest.length)
    return hasRoom
  }

  #end(): void {
    if (this.#endsBy() !== undefined) return this.#cut()
    if (this.#total !== undefined)
      throw new RangeError(`a stream of ${this.#total} bytes ended early`)
    this.#outlet.response.cork(() => this.#outlet.response.end())
    this.#outlet.done(this.#sent)
  }

  /** A fault ends the connection where the body stopped. */
  #cut(): void {
    const { response } = this.#outlet
    // The engine ends the head with the first chunk, and here there is no chunk: so the last header brings the empty
    // line.
    if (this.#sent === 0 && this.#total === undefined) {
      response.cork(() => response.writeHeader('Transfer-Encoding', 'chunked\r\n'))
    }
    this.#outlet.cut()
    this.#outlet.done(this.#sent)
    response.close()
  }
}

// A write costs some 5 us whatever its size: 256 of them take as long as a turn of 1 MiB in large chunks.
const chunkCost = turnBytes / 256

/**
 * Whether chunks of this length may be written corked: their parts are then one send. A chunk that does not fit the
 * engine's buffer of 16 KiB, in which its size stands already, is lost when the socket does not take that size
 * (uWebSockets before 6b7f354, April 2026): of 36 answers of 1,000 chunks of 1 MiB to four clients 9 were broken.
 */
export function mayBeCorked(bytes: number): boolean {
  return bytes <= 8 * 1024
}
