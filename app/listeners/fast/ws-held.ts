import type { WebSocket } from 'uWebSockets.js'

import type { Buffered, Hidden, Holder } from '../../budgets/buffered.ts'
import { errorCodes } from '../../errors.ts'
import type { Slab } from '../../telemetry/slab.ts'
import { overloaded } from '../http/overloaded.ts'
import { webSocketLimits } from '../http/ws-handshake.ts'
import type { WebSocketRecord } from '../http/ws-record.ts'

/** A WebSocket of the fast engine, as far as its memory goes. */
export interface Held {
  /** Charged for its queue; set when it is open. */
  holder: Holder | undefined
  /** Bytes of messages since its queue was last looked at. */
  unchecked: number
  /** Whether its queue is charged. */
  isCharged: boolean
  /** When it was last heard of, in messages of all sockets. */
  heardAt: number
  /** When the ping went out whose pong is not back, by performance.now(); undefined when none is out. */
  askedAt: number | undefined
}

/** What a WebSocket of the engine carries. */
interface HeldData {
  readonly held: Held
  readonly record: WebSocketRecord | undefined
}

// A client that has not answered a ping by then is in the middle of a frame, or very slow.
const pongMs = 50

// A look at the queue costs a call into the engine: one for this many bytes echoed.
const checkEvery = 64 * 1024

/**
 * What WebSockets of the fast engine hold. A queue of answers can be asked for. A message that is not whole
 * stands in the engine's own memory, up to 16 MiB, and the engine does not say so; but a client in the middle
 * of a frame cannot answer a ping. When memory runs short all are pinged, and when it runs out those go first
 * that have not answered, then those that have been silent for longest (a message in many fragments).
 */
export class HeldMessages<Data extends HeldData> implements Hidden {
  readonly #open: ReadonlySet<WebSocket<Data>>
  readonly #slab: Slab
  readonly #buffered: Buffered
  readonly #alert: () => void
  #messages = 0

  constructor(open: ReadonlySet<WebSocket<Data>>, slab: Slab, buffered: Buffered) {
    this.#open = open
    this.#slab = slab
    this.#buffered = buffered
    this.#alert = buffered.addHidden(this).alert
  }

  get isBusy(): boolean {
    return this.#open.size > 0
  }

  /** What is known of a socket that is about to open. */
  create(): Held {
    return {
      holder: undefined,
      unchecked: 0,
      isCharged: false,
      heardAt: this.#messages,
      askedAt: undefined,
    }
  }

  opened(socket: WebSocket<Data>, held: Held): void {
    held.holder = { giveUp: () => this.#giveUp(socket) }
    this.#alert()
  }

  /** A whole message of this many bytes has come and was answered. */
  heard(socket: WebSocket<Data>, held: Held, bytes: number): void {
    held.heardAt = ++this.#messages
    held.unchecked += bytes
    if (held.unchecked < checkEvery) return
    held.unchecked = 0
    const waiting = socket.getBufferedAmount()
    if (waiting === 0 && !held.isCharged) return
    this.#charge(held, waiting)
  }

  /** The socket's queue is shorter, or it is gone and has none. */
  drained(held: Held, waiting: number): void {
    if (held.isCharged) this.#charge(held, waiting)
  }

  /** The answer to our ping is here. */
  answered(held: Held): void {
    held.askedAt = undefined
  }

  probe(): void {
    for (const socket of this.#open) {
      const { held } = socket.getUserData()
      if (held.askedAt !== undefined) continue
      held.askedAt = performance.now()
      socket.ping()
    }
  }

  relieve(bytes: number, isLast: boolean): number {
    const { messageBytes } = webSocketLimits
    const count = Math.ceil(bytes / messageBytes) + 1
    const overdueSince = performance.now() - pongMs
    const isOverdue = (socket: WebSocket<Data>): boolean =>
      (socket.getUserData().held.askedAt ?? Number.POSITIVE_INFINITY) < overdueSince
    const suspects = [...this.#open]
      .filter((socket) => isLast || isOverdue(socket))
      .toSorted(
        (a, b) =>
          Number(isOverdue(b)) - Number(isOverdue(a)) ||
          a.getUserData().held.heardAt - b.getUserData().held.heardAt,
      )
    const cut = suspects.slice(0, count)
    for (const socket of cut) {
      this.#slab.add('heldRefused', 1)
      socket.getUserData().record?.closes(errorCodes.SERVICE_OVERLOADED.ws)
      socket.end(errorCodes.SERVICE_OVERLOADED.ws, overloaded.message)
      // The engine keeps what it has until the connection is gone.
      if (this.#open.has(socket)) socket.close()
    }
    return cut.length * messageBytes
  }

  #charge(held: Held, waiting: number): void {
    held.isCharged = waiting > 0
    if (held.holder !== undefined) this.#buffered.hold(held.holder, waiting)
  }

  #giveUp(socket: WebSocket<Data>): void {
    this.#slab.add('heldRefused', 1)
    // At once: in one turn the engine takes half a MiB from every socket, and queues an echo of it.
    if (!this.#open.has(socket)) return
    socket.getUserData().record?.cuts('abort')
    socket.close()
  }
}
