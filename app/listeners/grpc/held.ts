import { type ServerHttp2Stream, constants } from 'node:http2'

import type { Buffered, Holder } from '../../budgets/buffered.ts'
import type { Slab } from '../../telemetry/slab.ts'

// Less is not worth the counting: most calls are a small message each way.
const leastBytes = 16 * 1024

/**
 * What one call holds of its client: a message that is not whole, which the library collects, and an answer
 * that is not read.
 */
export class CallHeld implements Holder {
  readonly #stream: ServerHttp2Stream
  readonly #buffered: Buffered
  readonly #slab: Slab
  readonly #refuse: () => void
  #unfinished = 0
  #unread = 0
  #isOver = false
  #isCharged = false

  /** `refuse` ends the call with a status. */
  constructor(
    stream: ServerHttp2Stream,
    { buffered, slab }: { readonly buffered: Buffered; readonly slab: Slab },
    refuse: () => void,
  ) {
    this.#stream = stream
    this.#buffered = buffered
    this.#slab = slab
    this.#refuse = refuse
    // The library has paused the stream by now and resumes it when it wants a message.
    stream.on('data', (piece: Buffer) => {
      this.#unfinished += piece.length
      this.#charge()
    })
    stream.once('close', () => {
      this.#isOver = true
      if (this.#isCharged) buffered.hold(this, 0)
    })
  }

  /** A message is whole. */
  message(): void {
    this.#unfinished = 0
    this.#charge()
  }

  /** How many bytes of answers wait to be read. */
  waits(bytes: number): void {
    this.#unread = bytes
    this.#charge()
  }

  giveUp(): void {
    this.#isOver = true
    this.#slab.add('heldRefused', 1)
    this.#refuse()
    // The library keeps an unfinished message until the stream is closed (RFC 9113 8.1: behind a whole answer
    // a server may say so with NO_ERROR). A client that does not read its answers would never let it end.
    if (this.#unread === 0) return this.#stream.close(constants.NGHTTP2_NO_ERROR)
    this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM)
    // Its RST_STREAM is queued after bytes that the client does not read; the memory must be freed now.
    this.#stream.destroy()
  }

  #charge(): void {
    const bytes = this.#unfinished + this.#unread
    if (this.#isOver || (bytes < leastBytes && !this.#isCharged)) return
    this.#isCharged = bytes >= leastBytes
    this.#buffered.hold(this, this.#isCharged ? bytes : 0)
  }
}
