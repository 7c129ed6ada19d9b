import { type ServerHttp2Stream, constants } from 'node:http2'

import type { Buffered, Holder } from '../../budgets/buffered.ts'
import type { Slab } from '../../telemetry/slab.ts'
import { type Unread, leastBytes } from './unread.ts'

/** What a call's bytes are charged to. */
export interface HeldOptions {
  readonly buffered: Buffered
  readonly slab: Slab
  /** The connection's, which holds what is too little to charge a call with. */
  readonly unread: Unread
  /** Of the call's metadata. */
  readonly headBytes: number
}

/** The two ends of a call that holds too much. */
export interface HeldEnds {
  /** With a status. */
  readonly refuse: () => void
  /** With RST_STREAM and no status. */
  readonly cut: () => void
}

// A status waits for the client's window as an answer does, and the memory must be freed.
const statusMs = 100

/**
 * What one call holds of its client: an incomplete message that the library collects, a request that is being answered,
 * and answers that are not read.
 */
export class CallHeld implements Holder {
  readonly #stream: ServerHttp2Stream
  readonly #options: HeldOptions
  readonly #ends: HeldEnds
  #unfinished = 0
  #request = 0
  #kept: number
  #unread = 0
  #charged = 0
  #left = 0
  #isOver = false
  #isLetGo = false

  constructor(stream: ServerHttp2Stream, options: HeldOptions, ends: HeldEnds) {
    this.#stream = stream
    this.#options = options
    this.#ends = ends
    this.#kept = options.headBytes
    options.unread.enter()
    // The library has paused the stream by now, and resumes it when it wants a message.
    stream.on('data', (piece: Buffer) => {
      this.#unfinished += piece.length
      this.charge()
    })
    stream.once('close', () => this.#close())
  }

  /** A message is complete. It is held until the next one comes, because the method may use it until then. */
  message(bytes: number, heapBytes = 0): void {
    this.#unfinished = 0
    // Twice: the library keeps the pieces until the next message begins.
    this.#request = 2 * bytes + heapBytes
    this.charge()
  }

  /** The latest message is held until the call is over. */
  keep(): void {
    this.#kept += this.#request
    this.#request = 0
  }

  /** Charges anew: an answer was queued or was taken. */
  charge(): void {
    // Twice: the library makes a copy with its own five bytes in front.
    const unread = 2 * this.#stream.writableLength
    const bytes = this.#kept + this.#unfinished + this.#request + unread
    const charged = this.#isOver || bytes < leastBytes ? 0 : bytes
    const left = this.#isLetGo ? 0 : bytes - charged
    const moreUnread = unread - this.#unread
    const moreLeft = left - this.#left
    this.#unread = unread
    this.#left = left
    const isChanged = charged !== this.#charged
    this.#charged = charged
    this.#options.unread.change(moreUnread, moreLeft)
    // The connection may have been cut because of it.
    if (isChanged) this.#options.buffered.hold(this, this.#isOver ? 0 : charged)
  }

  giveUp(): void {
    this.#isOver = true
    this.#isLetGo = true
    this.#charged = 0
    this.#options.slab.add('heldRefused', 1)
    this.#ends.refuse()
    // A client that does not read its answers would never read the status.
    if (this.#unread === 0) this.#endStream()
    else this.#cut()
  }

  /**
   * The library keeps an unfinished message until the stream is closed; after a whole answer a server may say so with
   * NO_ERROR (RFC 9113 8.1). But RST_STREAM takes the place of what is queued before it: in the turn of the status, 14 of
   * 41 clients beside busy neighbours were not told the status.
   */
  #endStream(): void {
    const stream = this.#stream
    const close = (): void => void setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR))
    // After the metadata it is in trailers, which Node sends a turn after it is asked for them.
    if (stream.sentHeaders?.['grpc-status'] !== undefined) return close()
    const timer = setTimeout(() => this.#cut(), statusMs).unref()
    stream.once('close', () => clearTimeout(timer))
    stream.once('wantTrailers', () => {
      clearTimeout(timer)
      setImmediate(close)
    })
  }

  #cut(): void {
    if (this.#stream.closed) return
    this.#ends.cut()
    // Its RST_STREAM is queued after bytes that the client does not read; the memory must be freed now.
    this.#stream.destroy()
  }

  #close(): void {
    this.#isOver = true
    this.#isLetGo = true
    this.#kept = 0
    this.#unfinished = 0
    this.#request = 0
    this.#options.unread.leave()
    this.charge()
    if (this.#unread === 0) return
    // In the next turn Node frees what the socket was not given yet. The rest stays until the socket has taken it.
    setImmediate(() => {
      this.#isLetGo = false
      this.charge()
    })
  }
}

/** What metadata costs: once as text here, and about as much again in the library. */
export function bytesOf(metadata: readonly string[]): number {
  let bytes = 0
  for (const text of metadata) bytes += 2 * text.length
  return bytes
}
