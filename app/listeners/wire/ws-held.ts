import type { Duplex } from 'node:stream'

import type { Buffered, Holder } from '../../budgets/buffered.ts'
import { errorCodes } from '../../errors.ts'
import type { Slab } from '../../telemetry/slab.ts'
import { overloaded } from '../http/overloaded.ts'
import { type WireSocket, cut } from './ws-socket.ts'

/** What one WebSocket holds: a message that is not whole, which the library collects, and its queue of answers. */
export class WireMessages implements Holder {
  readonly #wire: WireSocket
  readonly #slab: Slab
  readonly #buffered: Buffered
  #unfinished = 0
  #isOver = false

  /** `below` is the stream the WebSocket reads. */
  constructor(
    wire: WireSocket,
    below: Duplex,
    { slab, buffered }: { readonly slab: Slab; readonly buffered: Buffered },
  ) {
    this.#wire = wire
    this.#slab = slab
    this.#buffered = buffered
    // Before the library, which may find the end of a message in the piece.
    below.prependListener('data', (piece: Buffer) => {
      this.#unfinished += piece.length
      this.charge()
    })
    wire.socket.once('close', () => {
      this.#isOver = true
      buffered.hold(this, 0)
    })
  }

  /** A message is whole. */
  message(): void {
    this.#unfinished = 0
  }

  /** Takes the queue of answers as it is now. */
  charge(): void {
    if (this.#isOver) return
    this.#buffered.hold(this, this.#unfinished + this.#wire.socket.bufferedAmount)
  }

  giveUp(): void {
    this.#isOver = true
    this.#slab.add('heldRefused', 1)
    const { socket, record } = this.#wire
    // A client that does not read would not see a close frame.
    if (socket.bufferedAmount > 0) return cut(this.#wire, 'abort')
    if (socket.readyState === socket.OPEN) record?.closes(errorCodes.SERVICE_OVERLOADED.ws)
    socket.close(errorCodes.SERVICE_OVERLOADED.ws, overloaded.message)
    // The library keeps what it has until the connection is gone.
    setImmediate(() => socket.terminate())
  }
}
