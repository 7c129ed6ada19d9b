import { performance } from 'node:perf_hooks'

import type { HttpRequest, HttpResponse } from 'uWebSockets.js'

import { emptyBody } from '../../endpoints/body.ts'
import {
  type CollectedBody,
  type Exchange,
  type Origin,
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
import { hasMember, joinedValue } from '../http/header-list.ts'
import { planHeader, planText } from '../http/injection.ts'
import { ClientLeft, waitFor } from '../port/waits.ts'
import type { FastPeers } from './peers.ts'

/** What all exchanges of one port share. */
export interface FastPort {
  readonly origin: Origin
  readonly scheme: 'http' | 'https'
  readonly address: string
  readonly sources: FastPeers
  readonly slab: Slab
}

/** Callbacks: for each piece of a body, or once with the reason why it is not read any more. */
interface BodyReader {
  readonly refuse: (error: OriginError) => void
  readonly take: (piece: Uint8Array, isLast: boolean) => void
}

/**
 * A request on uWebSockets. The engine's request object dies when the route's callback returns, so what an endpoint may
 * ask for later is taken out before (`keep`). An endpoint that answers at once does not pay for that.
 */
export class FastExchange implements Exchange {
  readonly listener = 'fast'
  readonly httpVersion = '1.1'
  /** Answers in the same turn, whose details the ledger may not keep, save the 0.5 us for their headers. */
  readonly isAskedLate = true
  readonly method: string
  readonly path: string
  readonly query: string
  readonly startedAt = performance.now()
  headers: readonly string[] = noHeaders
  /** Whether a body was announced; known once `readHeaders` has run. */
  hasBody = false
  /** Whether the engine closes the connection after the answer; known when `hasBody` is. */
  asksToClose = false
  /** What the client expects before it sends its body; known when `hasBody` is. */
  expectation = ''
  body: CollectedBody = emptyBody
  isAborted = false
  bytesIn = 0
  /** Its record in the arrival ledger. */
  arrival: Arrival | undefined
  evidence: Evidence | undefined
  /** Where what an endpoint keeps is charged; set by the answer. */
  holder: { holds(bytes: number): void } | undefined
  #isBodyRead = false
  #reader: BodyReader | undefined
  readonly #port: FastPort
  readonly #response: HttpResponse
  #request: HttpRequest | undefined
  #requestId: string | undefined
  #controller: AbortController | undefined
  #onAbort: Set<() => void> | undefined

  constructor(port: FastPort, response: HttpResponse, request: HttpRequest) {
    this.#port = port
    this.#response = response
    this.#request = request
    this.method = request.getCaseSensitiveMethod()
    this.path = request.getUrl()
    // An absent query is undefined, although the engine's types say otherwise.
    this.query = request.getQuery() ?? ''
  }

  get origin(): Origin {
    return this.#port.origin
  }

  get scheme(): 'http' | 'https' {
    return this.#port.scheme
  }

  get destinationAddress(): string {
    return this.#port.address
  }

  get sourceAddress(): string {
    return this.#port.sources.of(this.#response)
  }

  get requestId(): string {
    this.#requestId ??= chooseRequestId(this.header('x-request-id'))
    return this.#requestId
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController()
      this.#controller = controller
      this.onLeave(() => controller.abort(new ClientLeft()))
    }
    return this.#controller.signal
  }

  /** Whether the client may still be sending a body that is not read to its end. */
  get isBodyUnread(): boolean {
    if (this.#isBodyRead) return false
    if (this.headers !== noHeaders || this.#request === undefined) return this.hasBody
    return announcesBody(this.#request)
  }

  header(name: string): string {
    const { headers } = this
    if (headers === noHeaders) return this.#request?.getHeader(name) ?? ''
    return firstValue(headers, name)
  }

  /** What all X-HP lines of the request say; '' without one. The engine itself finds the first line of a name only. */
  planText(request: HttpRequest): string {
    if (request.getHeader(planHeader) === '') return ''
    const headers: string[] = []
    request.forEach((name, value) => void headers.push(name, value))
    return planText(headers)
  }

  /** Takes the headers out, for rows that show or read the request. */
  readHeaders(request: HttpRequest): void {
    const headers: string[] = []
    request.forEach((name, value) => {
      headers.push(name, value)
      if (name === 'content-length' || name === 'transfer-encoding') this.hasBody = true
      if (name === 'connection' && hasMember(value, 'close')) this.asksToClose = true
      if (name === 'expect') this.expectation = joinedValue(headers, name)
    })
    this.headers = headers
  }

  /** To be asked while the engine's request lives. */
  arrivalFacts(): ArrivalFacts {
    const { query, path, scheme, httpVersion, sourceAddress } = this
    const headers: string[] = []
    this.#request?.forEach((name, value) => void headers.push(name, value))
    const target = query === '' ? path : `${path}?${query}`
    return { scheme, target, headers, httpVersion, sourceAddress }
  }

  requestRest(): RequestRest {
    if (this.#isBodyRead || !this.hasBody) return { isBodyWhole: true }
    return this.bytesIn > 0 || this.isAborted ? { isBodyWhole: false } : {}
  }

  describe(route: string): WitnessedRequest {
    return describeRequest(this, route)
  }

  /** Whether the connection is already closed. Costs 2 us, and may be called in the engine's callback only. */
  isDisconnected(): boolean {
    return this.#response.getRemoteAddress().byteLength === 0
  }

  /** Called before the route's callback returns without an answer: the last chance to read the request. */
  keep(): void {
    void this.requestId
    this.hasBody = this.isBodyUnread
    this.arrival?.capture()
    this.#request = undefined
  }

  abort(): void {
    this.isAborted = true
    this.#reader = undefined
    this.#endWaits()
  }

  /** Everything that waits on behalf of the client ends with ClientLeft. */
  #endWaits(): void {
    const waits = this.#onAbort ?? []
    this.#onAbort = undefined
    for (const leave of waits) leave()
  }

  holds(bytes: number): void {
    this.holder?.holds(bytes)
  }

  wait(ms: number): Promise<void> {
    return waitFor(ms, (leave) => {
      this.onLeave(leave)
      return () => this.#onAbort?.delete(leave)
    })
  }

  /**
   * The engine's pieces are valid for the call only. While a promise from `take` is open the socket is not read, so the
   * kernel's window stops the client.
   */
  readBody(take: (piece: Uint8Array) => void | Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      let open = 0
      let isComplete = false
      // Once it has failed, the answer is on its way, and the socket is no longer ours to resume.
      let isOver = false
      const fail = (error: Error): void => {
        isOver = true
        reject(error)
      }
      const settle = (): void => {
        open--
        if (open > 0 || isOver) return
        this.#response.resume()
        if (isComplete) resolve()
      }
      this.onLeave(() => fail(new ClientLeft()))
      this.onBody(fail, (piece, isLast) => {
        isComplete = isLast
        const taken = piece.length === 0 || isOver ? undefined : take(piece)
        if (taken !== undefined) {
          open++
          this.#response.pause()
          taken.then(settle, fail)
        } else if (isLast && open === 0) {
          resolve()
        }
      })
    })
  }

  /** Passes the body on piece by piece. When it is past limits.body, `refuse` is called once instead. */
  onBody(
    refuse: (error: OriginError) => void,
    take: (piece: Uint8Array, isLast: boolean) => void,
  ): void {
    const limit = this.origin.limits().bodyBytes
    if (limit !== Infinity && Number(this.header('content-length')) > limit) {
      return refuse(bodyTooLarge(limit))
    }
    // No variable of this function: the engine keeps what it calls, and what that refers to, until the connection is gone.
    this.#reader = { refuse, take }
    this.evidence?.bodyAsked()
    this.#response.onData((buffer, isLast) => {
      if (this.#reader === undefined) return
      this.bytesIn += buffer.byteLength
      this.arrival?.piece(buffer.byteLength)
      this.#port.slab.add('bytesIn', buffer.byteLength)
      if (isLast) this.#isBodyRead = true
      if (isLast) this.evidence?.bodyEnded()
      if (this.bytesIn > limit) this.refuseBody(bodyTooLarge(limit))
      else this.#reader.take(Buffer.from(buffer), isLast)
    })
  }

  /** Reads no more of the body; its reader gets the reason. */
  refuseBody(error: OriginError): void {
    const reader = this.#reader
    this.#reader = undefined
    reader?.refuse(error)
  }

  /** Releases the body, for a reason. An endpoint that has all of it and waits would keep it for as long. */
  giveUp(answer: () => void, reason: OriginError): void {
    this.refuseBody(reason)
    this.#endWaits()
    answer()
  }

  /** Runs `leave` when the client leaves before the answer is sent, at once when it has left. */
  onLeave(leave: () => void): void {
    if (this.isAborted) return leave()
    this.#onAbort ??= new Set()
    this.#onAbort.add(leave)
  }
}

const noHeaders: readonly string[] = []

/** Whether a request announces a body, as far as two looks tell: an empty Content-Length is none here. */
export function announcesBody(request: HttpRequest): boolean {
  return request.getHeader('content-length') !== '' || request.getHeader('transfer-encoding') !== ''
}
