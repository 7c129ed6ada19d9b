import { type Socket, sendStatus } from '../../endpoints/ws/ws-endpoint.ts'
import type { Slab } from '../../telemetry/slab.ts'

/** A WebSocket whose messages are counted as they are sent; those that are dropped are not. */
export class CountedSocket implements Socket {
  readonly #socket: Socket
  readonly #slab: Slab

  constructor(socket: Socket, slab: Slab) {
    this.#socket = socket
    this.#slab = slab
  }

  send(message: string | ArrayBuffer, isBinary: boolean): number {
    // First: a message that was lent is gone once its sender has it.
    const bytes = typeof message === 'string' ? Buffer.byteLength(message) : message.byteLength
    const status = this.#socket.send(message, isBinary)
    if (status !== sendStatus.dropped) this.#slab.messageOut(bytes)
    return status
  }

  end(code: number, reason: string): void {
    this.#socket.end(code, reason)
  }
}
