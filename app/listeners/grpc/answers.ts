import { OriginError } from '../../errors.ts'
import { formatBytes } from '../../traffic/units.ts'
import { pace } from '../port/turn.ts'
import { ClientLeft } from '../port/waits.ts'
import type { Incoming } from './call.ts'
import type { CallHeld } from './held.ts'
import type { AnswerMetadata } from './metadata.ts'
import type { Over } from './over.ts'
import type { GrpcPort, GrpcRoute } from './port.ts'
import type { CallRecord } from './record.ts'

/** The call that answers belong to. */
export interface Answered {
  readonly port: GrpcPort
  readonly route: GrpcRoute
  readonly incoming: Incoming
  readonly record: CallRecord
  readonly initial: AnswerMetadata
  readonly held: CallHeld
  readonly over: Over
}

/** The messages that one call sends. Each is made when there is room for it, and charged until its client takes it. */
export class CallAnswers {
  readonly #of: Answered
  #waiting = 0

  constructor(of: Answered) {
    this.#of = of
  }

  /** Whether a message has been sent that the client has not taken. */
  get isWaiting(): boolean {
    return this.#waiting > 0
  }

  async sendOnly(make: () => object | Promise<object>): Promise<void> {
    const room = this.#room()
    if (room !== undefined) await room
    // Not awaited: the status may be queued after the message.
    this.#send(await make()).catch(() => {})
  }

  async sendAll(messages: AsyncIterable<object>): Promise<void> {
    for await (const message of pace(messages, () => this.#room())) await this.#send(message)
  }

  /** Sends the metadata, if no message has sent it yet. */
  sendHead(): void {
    const { initial, incoming } = this.#of
    const { value } = initial
    // Only the first metadata is sent.
    if (value !== undefined) incoming.call.sendMetadata(value)
  }

  /** Undefined when a message may be made now, otherwise a promise of that. */
  #room(): Promise<void> | undefined {
    const room = this.#turn()
    return room === undefined ? this.#read() : room.then(() => this.#read())
  }

  #turn(): Promise<void> | undefined {
    const { port, incoming, over } = this.#of
    return port.turn.room(incoming.head.session, (leave) => over.on(leave))
  }

  /** It is this call's turn. It lets others go first while its client leaves answers unread and memory is short. */
  #read(): Promise<void> | undefined {
    const { port, incoming, over } = this.#of
    const read = incoming.head.session.unread.room((leave) => over.on(leave))
    if (read === undefined) return undefined
    port.turn.spend(0)
    return read.then(() => this.#turn())
  }

  /** Resolves when the message has been passed on, which a slow reader delays. */
  #send(message: object): Promise<void> {
    const { port, route, incoming, record, held, over } = this.#of
    const bytes = route.codec.encode(message)
    empty(message)
    checkSize(bytes, port)
    if (over.isOver) throw new ClientLeft()
    this.sendHead()
    port.turn.spend(bytes.length)
    record.gave(bytes.length)
    this.#waiting++
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const forget = over.on(() => reject(new ClientLeft()))
    incoming.call.sendMessage(bytes, () => {
      this.#waiting--
      held.charge()
      forget()
      resolve()
    })
    held.charge()
    return promise
  }
}

function checkSize({ length }: Buffer, { messageLimitBytes: limit }: GrpcPort): void {
  if (length <= limit) return
  throw new OriginError(
    'PAYLOAD_TOO_LARGE',
    `the answer of ${length} bytes is past grpc.messageLimit (${formatBytes(limit)})`,
  )
}

/**
 * Empties a message. V8 keeps what a generator has yielded last for as long as the generator waits: 400 calls that
 * waited to send their next message kept 1 MiB each.
 */
function empty(message: object): void {
  for (const name of Object.keys(message)) Reflect.set(message, name, undefined)
}
