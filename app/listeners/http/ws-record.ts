import { type Socket, sendStatus } from '../../endpoints/ws/ws-endpoint.ts'
import type { Arrival, ArrivalEnd, KnownEnd } from '../../evidence/ledger/arrival.ts'
import { isEarly } from '../../evidence/ledger/record.ts'

/** The close code that stands for an end without a Close frame (RFC 6455 7.1.5). */
export const noCloseFrame = 1006

/** One WebSocket from its handshake to its close, as the arrival ledger has it. */
export class WebSocketRecord {
  readonly #arrival: Arrival
  readonly #whenClosed: () => void
  #messagesIn = 0
  #messagesOut = 0
  #bytesIn = 0
  #bytesOut = 0
  #pingsIn = 0
  /** Set when we have ended it before the client did. */
  #ours: KnownEnd | undefined
  #end: KnownEnd | undefined

  constructor(arrival: Arrival, whenClosed: () => void) {
    this.#arrival = arrival
    this.#whenClosed = whenClosed
  }

  get isOpen(): boolean {
    return this.#end === undefined
  }

  /** What the ledger is told beside what it knows of the handshake; to be asked when it is closed. */
  get over(): Pick<ArrivalEnd, 'bytesIn' | 'bytesOut' | 'isAborted' | 'webSocket'> | undefined {
    const end = this.#end
    if (end === undefined) return undefined
    return {
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      isAborted: isEarly(end.cause),
      webSocket: {
        messages_in: this.#messagesIn,
        messages_out: this.#messagesOut,
        pings_in: this.#pingsIn,
        end,
      },
    }
  }

  /** A whole message has come. */
  received(bytes: number): void {
    this.#messagesIn++
    this.#bytesIn += bytes
    this.#arrival.piece(bytes)
  }

  pinged(): void {
    this.#pingsIn++
  }

  /** We send a Close frame, unless the client has. */
  closes(code: number): void {
    this.#ours ??= { cause: 'complete', by: 'origin', code }
  }

  /** We end the connection without a Close frame. */
  cuts(cause: 'timeout' | 'abort'): void {
    this.#ours ??= { cause, by: 'origin', code: noCloseFrame }
  }

  /** It is closed, with the code of the client's Close frame, or by a cut that the listener knows more of. Once. */
  closed(code: number, cut: KnownEnd): void {
    this.#end = this.#ours ?? closedByClient(code, cut)
    this.#whenClosed()
  }

  /** The socket as a conversation has it, with what goes out noted. `isOpen` says whether the client has not closed it. */
  noting(socket: Socket, isOpen: () => boolean): Socket {
    return {
      send: (message, isBinary) => {
        const wasOpen = isOpen()
        // First: a message that was lent is gone once its sender has it.
        const bytes = typeof message === 'string' ? Buffer.byteLength(message) : message.byteLength
        const status = socket.send(message, isBinary)
        if (status !== sendStatus.dropped) this.#sent(bytes)
        // One too many for a client that does not read.
        else if (wasOpen) this.cuts('abort')
        return status
      },
      end: (code, reason) => {
        if (isOpen()) this.closes(code)
        socket.end(code, reason)
      },
    }
  }

  #sent(bytes: number): void {
    this.#arrival.answered(this.#bytesOut)
    this.#messagesOut++
    this.#bytesOut += bytes
  }
}

function closedByClient(code: number, cut: KnownEnd): KnownEnd {
  if (code === noCloseFrame) return { code, ...cut }
  return { cause: 'complete', by: 'client', code }
}
