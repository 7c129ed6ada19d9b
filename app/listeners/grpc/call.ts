import type { ServerHttp2Stream } from 'node:http2'

import type { Origin } from '../../endpoints/endpoint.ts'
import {
  type Call,
  CallStatus,
  type GrpcEndpoint,
  type LibraryEndpoint,
} from '../../endpoints/grpc/grpc-endpoint.ts'
import { OriginError, errorCodes, grpcStatusName, grpcStatuses, resetCodes } from '../../errors.ts'
import { firstValue } from '../http/first-value.ts'
import { overloaded } from '../http/overloaded.ts'
import { ClientLeft, waitFor } from '../port/waits.ts'
import { CallAnswers } from './answers.ts'
import { elementBytes, mostElements } from './elements.ts'
import { CallEnding } from './ending.ts'
import { readMisfortune } from './faults.ts'
import { CallHeld, bytesOf } from './held.ts'
import { type LibraryCall, sendStatus } from './library.ts'
import { AnswerMetadata } from './metadata.ts'
import { Over } from './over.ts'
import type { CallHead, GrpcPort, GrpcRoute } from './port.ts'
import { CallRecord } from './record.ts'

/** Rows that are answered here. */
export type OwnEndpoint = Exclude<GrpcEndpoint, LibraryEndpoint>

/** One call and the stream it came on. */
export interface Incoming {
  readonly call: LibraryCall
  readonly stream: ServerHttp2Stream
  readonly head: CallHead
}

/** One call of a row of ours, from its head to its status. */
export class GrpcCall implements Call {
  readonly path: string
  messagesReceived = 0
  readonly #port: GrpcPort
  readonly #route: GrpcRoute<OwnEndpoint>
  readonly #incoming: Incoming
  readonly #record: CallRecord
  readonly #ending: CallEnding
  readonly #initial: AnswerMetadata
  readonly #trailers: AnswerMetadata
  readonly #held: CallHeld
  readonly #over = new Over()
  readonly #answers: CallAnswers
  #receive: ((bytes: Buffer | undefined) => void) | undefined
  #isHalfClosed = false
  #isFinished = false

  constructor(port: GrpcPort, route: GrpcRoute<OwnEndpoint>, incoming: Incoming) {
    this.#port = port
    this.#route = route
    this.#incoming = incoming
    this.path = route.row.path
    this.#record = new CallRecord(port, route, incoming.head)
    this.#ending = new CallEnding(incoming, this.#record, () => this.#told())
    this.#initial = new AnswerMetadata(port.library)
    this.#trailers = new AnswerMetadata(port.library)
    const { buffered, slab } = port
    const { unread } = incoming.head.session
    const headBytes = bytesOf(this.metadata)
    this.#held = new CallHeld(
      incoming.stream,
      { buffered, slab, unread, headBytes },
      {
        refuse: () => this.#fail(overloaded),
        cut: () => this.#ending.cut(resetCodes.ENHANCE_YOUR_CALM),
      },
    )
    const [record, initial, held, over] = [this.#record, this.#initial, this.#held, this.#over]
    this.#answers = new CallAnswers({ port, route, incoming, record, initial, held, over })
  }

  get origin(): Origin {
    return this.#port.origin
  }

  get requestId(): string {
    return this.#record.requestId
  }

  get peer(): string {
    return this.#incoming.head.session.source
  }

  get messageLimitBytes(): number {
    return this.#port.messageLimitBytes
  }

  get bytesReceived(): number {
    return this.#record.bytesIn
  }

  get deadlineLeftMs(): number | undefined {
    const deadline = Number(this.#incoming.call.getDeadline())
    return deadline === Number.POSITIVE_INFINITY ? undefined : Math.max(0, deadline - Date.now())
  }

  get metadata(): readonly string[] {
    return this.#incoming.head.metadata
  }

  first(name: string): string {
    return firstValue(this.metadata, name)
  }

  sendHeader(name: string, value: string): void {
    this.#initial.set(name, value)
  }

  sendTrailer(name: string, value: string): void {
    this.#trailers.set(name, value)
  }

  keep(): void {
    this.#held.keep()
  }

  wait(ms: number): Promise<void> {
    return waitFor(ms, (leave) => this.#over.on(leave))
  }

  start(): void {
    this.#incoming.call.start({
      onReceiveMetadata: () => {
        this.#record.begin()
        void this.#run()
      },
      onReceiveMessage: (bytes: Buffer) => {
        this.#receive?.(bytes)
      },
      onReceiveHalfClose: () => {
        this.#isHalfClosed = true
        this.#receive?.(undefined)
      },
      onCancel: () => {
        this.#over.come()
        this.#ending.conclude()
      },
    })
  }

  async #run(): Promise<void> {
    try {
      for (const [name, value] of this.#record.traceHeaders) this.sendHeader(name, value)
      const { rateLimit, slab } = this.#port
      rateLimit.check({ path: this.path, sourceAddress: this.peer }, slab)
      await this.#suffer()
      await this.#serve()
      this.#finish(grpcStatuses.OK, '')
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Carries out the faults of this call. */
  async #suffer(): Promise<void> {
    const { session } = this.#incoming.head
    const misfortune = readMisfortune(this, { port: this.#port, session, record: this.#record })
    if (misfortune === undefined) return
    const { delayMs = 0, hasGoaway = false, rstStream, grpcStatus } = misfortune.plan
    for (const [name, value] of misfortune.evidence) this.sendHeader(name, value)
    if (delayMs > 0) await this.wait(delayMs)
    misfortune.done()
    if (hasGoaway) session.leaveNow()
    if (rstStream !== undefined) {
      this.#record.endsByFault()
      this.#ending.cut(rstStream)
      throw new ClientLeft()
    }
    if (grpcStatus === undefined) return
    const name = grpcStatusName(grpcStatus)
    this.sendTrailer('x-hp-injected', `status=${name}`)
    throw new CallStatus(grpcStatus, `injected ${name}`)
  }

  async #serve(): Promise<void> {
    const { row } = this.#route
    switch (row.kind) {
      case 'unary': {
        const request = await this.#onlyRequest()
        return this.#answers.sendOnly(() => row.handle(this, request))
      }
      case 'client':
        return this.#answers.sendOnly(() => row.handle(this, this.#requests()))
      case 'server':
        return this.#answers.sendAll(row.handle(this, await this.#onlyRequest()))
      case 'bidi':
        return this.#answers.sendAll(row.handle(this, this.#requests()))
    }
  }

  /** The request of a method that takes exactly one (grpc/doc/statuscodes.md for any other number). */
  async #onlyRequest(): Promise<object> {
    const request = await this.#nextRequest()
    const surplus = request && (await this.#nextRequest())
    if (request !== undefined && surplus === undefined) return request
    const what = request === undefined ? 'no' : 'more than one'
    throw new CallStatus(grpcStatuses.UNIMPLEMENTED, `${what} request came; ${this.path} takes one`)
  }

  async *#requests(): AsyncGenerator<object> {
    for (;;) {
      const request = await this.#nextRequest()
      if (request === undefined) return
      yield request
    }
  }

  async #nextRequest(): Promise<object | undefined> {
    if (this.#isHalfClosed) return undefined
    const bytes = await new Promise<Buffer | undefined>((resolve, reject) => {
      const forget = this.#over.on(() => reject(new ClientLeft()))
      this.#receive = (received) => {
        this.#receive = undefined
        forget()
        resolve(received)
      }
      this.#incoming.call.startRead()
    })
    if (bytes === undefined) return undefined
    this.messagesReceived++
    this.#record.took(bytes.length)
    this.#admit(bytes)
    try {
      return this.#route.codec.decode(bytes)
    } catch {
      throw new CallStatus(grpcStatuses.INTERNAL, `the request is not what ${this.path} takes`)
    }
  }

  /** Charges a request before it is decoded, or refuses it because of its decoded size. */
  #admit(bytes: Buffer): void {
    const elements = this.#route.codec.countElements?.(bytes) ?? 0
    this.#held.message(bytes.length, elements * elementBytes)
    if (elements <= mostElements) return
    throw new OriginError('PAYLOAD_TOO_LARGE', `more than ${mostElements} elements in a message`)
  }

  #fail(error: unknown): void {
    if (error instanceof ClientLeft) return
    if (error instanceof CallStatus) return this.#finish(error.code, error.message)
    if (error instanceof OriginError) {
      this.#record.endsBy({ cause: 'refused', code: error.code })
      return this.#finish(errorCodes[error.code].grpc, error.message)
    }
    this.#finish(grpcStatuses.INTERNAL, 'the origin failed; see its log')
    // The worker ends, but the status is sent first.
    setImmediate(() => this.#port.onBug(error))
  }

  #finish(code: number, message: string): void {
    if (this.#over.isOver) return
    this.#isFinished = true
    this.#answers.sendHead()
    const { value: metadata } = this.#trailers
    sendStatus(this.#incoming.call, { code, details: message, metadata })
  }

  /** A status is about to be sent. One that is not ours ends what the method is doing. */
  #told(): void {
    if (this.#isFinished) return
    this.#over.come()
    // With a client that does not read, a status queued after the message would wait for ever.
    if (this.#answers.isWaiting) this.#ending.cut(resetCodes.CANCEL, grpcStatuses.DEADLINE_EXCEEDED)
  }
}
