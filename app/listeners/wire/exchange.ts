import { ServerResponse } from 'node:http'
import { performance } from 'node:perf_hooks'

import type { Buffered, Holder } from '../../budgets/buffered.ts'
import { emptyBody } from '../../endpoints/body.ts'
import {
  type CollectedBody,
  type Exchange,
  type Origin,
  type WireView,
  chooseRequestId,
} from '../../endpoints/endpoint.ts'
import type { OriginError } from '../../errors.ts'
import type { Arrival, ArrivalFacts, RequestRest } from '../../evidence/ledger/arrival.ts'
import type { Slab } from '../../telemetry/slab.ts'
import type { WitnessedRequest } from '../../telemetry/witness.ts'
import { bodyTooLarge } from '../http/body-limit.ts'
import { describeRequest } from '../http/described-request.ts'
import type { Evidence } from '../http/evidence.ts'
import { firstValue } from '../http/first-value.ts'
import { overloaded } from '../http/overloaded.ts'
import { ClientLeft, waitFor } from '../port/waits.ts'
import { arrivalFactsOf, requestRestOf } from './arrival.ts'
import type { WireConnection } from './connection.ts'
import { type WireRequest, type WireResponse, readHeaders, readTarget, textOf } from './request.ts'

/** What an exchange needs. */
export interface WireParts {
  readonly origin: Origin
  readonly slab: Slab
  readonly buffered: Buffered
  readonly connection: WireConnection
  readonly request: WireRequest
  readonly response: WireResponse
  /** The client asked for a 100 that has not been sent. */
  readonly expectsContinue: boolean
}

/** A request on Node's own HTTP servers. */
export class WireExchange implements Exchange, WireView, Holder {
  readonly listener = 'wire'
  readonly wire: WireView = this
  readonly origin: Origin
  readonly connection: WireConnection
  readonly request: WireRequest
  readonly response: WireResponse
  readonly method: string
  readonly path: string
  readonly query: string
  readonly authority: string | undefined
  readonly startedAt = performance.now()
  readonly headers: readonly string[]
  readonly requestId: string
  readonly expectsContinue: boolean
  body: CollectedBody = emptyBody
  bytesIn = 0
  isAborted = false
  arrival: Arrival | undefined
  evidence: Evidence | undefined
  /** A 100 was requested and never sent, so the body may come or not. */
  isContinueOwed: boolean
  /** The body is past limits.body or malformed; it is not read to its end. */
  isBodyRefused = false
  readonly #parts: WireParts
  #isHolding = false
  #controller: AbortController | undefined
  #onLeave: Set<(why?: Error) => void> | undefined
  #withholds = false
  #brokenBy: OriginError | undefined
  #refuseBody: ((error: OriginError) => void) | undefined

  constructor(parts: WireParts) {
    const { request } = parts
    this.origin = parts.origin
    this.#parts = parts
    this.connection = parts.connection
    this.request = request
    this.response = parts.response
    this.expectsContinue = parts.expectsContinue
    this.isContinueOwed = parts.expectsContinue
    this.method = request.method ?? ''
    const { path, query, authority } = readTarget(request.url ?? '')
    this.path = path
    this.query = query
    this.authority = authority
    this.headers = readHeaders(request, this.isHttp1)
    this.requestId = chooseRequestId(this.header('x-request-id'))
  }

  /** When the client sent FIN. On HTTP/2 that is not about a single exchange. */
  get finAt(): number | undefined {
    return this.isHttp1 ? this.connection.finAt : undefined
  }

  arrivalFacts(): ArrivalFacts {
    return arrivalFactsOf(this)
  }

  requestRest(): RequestRest {
    return requestRestOf(this)
  }

  describe(route: string): WitnessedRequest {
    return describeRequest(this, route)
  }

  get scheme(): 'http' | 'https' {
    return this.tls === undefined ? 'http' : 'https'
  }

  get httpVersion(): string {
    return this.request.httpVersion
  }

  get sourceAddress(): string {
    return this.connection.source
  }

  get destinationAddress(): string {
    return this.connection.destination
  }

  get rawHeaders(): readonly string[] {
    return this.request.rawHeaders.map((text) => textOf(text))
  }

  get trailers(): readonly string[] {
    return this.request.rawTrailers
  }

  get tls(): object | undefined {
    return this.connection.tls
  }

  get proxyProtocol(): object | undefined {
    return this.connection.proxyProtocol
  }

  // Do not ask the version: a request line may say HTTP/2.0 to the parser of HTTP/1.
  get isHttp1(): boolean {
    return this.response instanceof ServerResponse
  }

  /** Whether the client's version has interim answers, chunks and trailers (HTTP/1.1 and later). */
  get isModern(): boolean {
    return !this.isHttp1 || this.httpVersion === '1.1'
  }

  /** A version that is not HTTP/1, although its parser accepted it (RFC 9110 15.6.6). */
  get isOfUnknownVersion(): boolean {
    return this.isHttp1 && this.httpVersion !== '1.0' && this.httpVersion !== '1.1'
  }

  /** Whether nothing can reach the client any more. The event for it may come a moment later. */
  get isGone(): boolean {
    const { response } = this
    if (this.isAborted || response instanceof ServerResponse) return this.isAborted
    return response.stream.destroyed || response.stream.closed
  }

  /** Whether the client may still be sending a body that was not read to its end. */
  get isBodyUnread(): boolean {
    return !this.request.complete
  }

  /** Whether the whole body has come and was read; true without a body, too. */
  get isBodyTaken(): boolean {
    return this.request.readableEnded
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController()
      this.#controller = controller
      this.onLeave(() => controller.abort(new ClientLeft()))
    }
    return this.#controller.signal
  }

  header(name: string): string {
    if (name === 'host' && this.authority !== undefined) return this.authority
    return firstValue(this.headers, name)
  }

  sendContinue(): void {
    if (!this.isContinueOwed) return
    this.isContinueOwed = false
    const { response } = this
    if (this.isGone) return
    this.arrival?.interim(100)
    if (this.isItsTurn) return response.writeContinue()
    // By then the answer may have been sent, if the client has not waited.
    response.once('socket', () => {
      if (!response.headersSent) response.writeContinue()
    })
  }

  // Node sends what is written before an answer's turn after the answer's head.
  get isItsTurn(): boolean {
    return !this.isHttp1 || this.response.socket !== null
  }

  /** Resolves when the pipelined requests before this one are answered. */
  turn(): Promise<void> {
    if (this.isItsTurn) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.onLeave((why = new ClientLeft()) => reject(why))
      this.response.once('socket', () => resolve())
    })
  }

  withholdContinue(): void {
    this.#withholds = true
  }

  /** The rest of the body cannot be read. Its reader gets the error, and the answer closes the connection. */
  breakBody(error: OriginError): void {
    this.isBodyRefused = true
    this.#brokenBy = error
    this.#refuseBody?.(error)
  }

  holds(bytes: number): void {
    if (bytes === 0 && !this.#isHolding) return
    this.#isHolding = bytes > 0
    this.#parts.buffered.hold(this, bytes)
  }

  /** Refuses the request if nothing of its answer has been sent, otherwise cuts it. */
  giveUp(): void {
    this.#isHolding = false
    this.#parts.slab.add('heldRefused', 1)
    const { headersSent } = this.response
    if (this.#refuseBody === undefined || headersSent) return void this.response.destroy()
    this.breakBody(overloaded)
    // An endpoint that has the whole body and waits keeps it for as long.
    this.leave(overloaded)
  }

  /** The client left before its answer was sent, or is refused: everything that waits on its behalf ends. */
  leave(why?: Error): void {
    if (this.isAborted) return
    this.isAborted = why === undefined
    const waits = this.#onLeave ?? []
    this.#onLeave = undefined
    for (const leave of waits) leave(why)
  }

  /** Calls `leave` when the client leaves, at once when it has left; returns a function that undoes that. */
  onLeave(leave: (why?: Error) => void): () => void {
    if (this.isAborted) {
      leave()
      return () => {}
    }
    this.#onLeave ??= new Set()
    this.#onLeave.add(leave)
    return () => void this.#onLeave?.delete(leave)
  }

  wait(ms: number): Promise<void> {
    return waitFor(ms, (leave) => this.onLeave(leave))
  }

  readBody(take: (piece: Uint8Array) => void | Promise<void>): Promise<void> {
    const { request } = this
    const limit = this.origin.limits().bodyBytes
    // Dropped with what it has collected as soon as the body is refused: the exchange lives on until the client has its
    // answer, and 400 refused bodies of 1 MiB were 100 MiB by then.
    let taking: typeof take | undefined = take
    return new Promise((resolve, reject) => {
      this.onLeave(() => reject(new ClientLeft()))
      const refuse = (error: OriginError): void => {
        this.isBodyRefused = true
        taking = undefined
        request.removeAllListeners('data')
        request.pause()
        reject(error)
      }
      if (this.#brokenBy !== undefined) return refuse(this.#brokenBy)
      this.#refuseBody = refuse
      if (Number(this.header('content-length')) > limit) return refuse(bodyTooLarge(limit))
      if (!this.#withholds) this.sendContinue()
      request.on('data', (piece: Buffer) => {
        // A client that sends its body without waiting no longer needs a 100.
        this.isContinueOwed = false
        this.bytesIn += piece.length
        this.arrival?.piece(piece.length)
        this.#parts.slab.add('bytesIn', piece.length)
        if (this.bytesIn > limit) return refuse(bodyTooLarge(limit))
        const taken = taking?.(piece)
        if (taken === undefined) return
        request.pause()
        taken.then(() => request.resume(), reject)
      })
      this.evidence?.followBody(request)
      request.once('end', resolve)
    })
  }
}
