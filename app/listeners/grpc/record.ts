import { performance } from 'node:perf_hooks'

import { chooseRequestId } from '../../endpoints/endpoint.ts'
import type { Trace, WitnessedRequest } from '../../telemetry/witness.ts'
import { firstValue } from '../http/first-value.ts'
import type { Arrival, GrpcPort, GrpcRoute } from './port.ts'

const cancelled = 1
const unknown = 2
const lastStatus = 16

/** One call's entry in the counters, made once at its end, and what a witness is told of it. */
export class CallRecord {
  bytesIn = 0
  bytesOut = 0
  readonly method = 'POST'
  readonly startedAt = performance.now()
  readonly #port: GrpcPort
  readonly #route: GrpcRoute
  readonly #arrival: Arrival
  #requestId: string | undefined
  #shown: WitnessedRequest | undefined
  #trace: Trace | undefined
  #isOpen = false

  constructor(port: GrpcPort, route: GrpcRoute, arrival: Arrival) {
    this.#port = port
    this.#route = route
    this.#arrival = arrival
  }

  get requestId(): string {
    this.#requestId ??= chooseRequestId(firstValue(this.#arrival.metadata, 'x-request-id'))
    return this.#requestId
  }

  /** What the answer tells of its trace; empty before `begin`. */
  get traceHeaders(): Trace['headers'] {
    return this.#trace?.headers ?? []
  }

  /** The call is taken. */
  begin(): void {
    this.#isOpen = true
    if (this.#isActive) this.#port.slab.add('exchangesActive', 1)
    const witness = this.#port.witness()
    if (witness === undefined) return
    this.#shown = this.#describe()
    this.#trace = witness.trace?.(this.#shown)
  }

  took(bytes: number): void {
    this.bytesIn += bytes
    this.#port.slab.add('bytesIn', bytes)
  }

  gave(bytes: number): void {
    this.bytesOut += bytes
    this.#port.slab.add('bytesOut', bytes)
  }

  /** The call is over with a status, or without one: the client has left. Only the first end counts. */
  end(status: number | undefined): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    const { slab, witness } = this.#port
    const { bytesIn, bytesOut } = this
    if (this.#isActive) slab.add('exchangesActive', -1)
    slab.countBodies(bytesIn, bytesOut)
    // A client may ask for a status that does not exist; there is no label for each.
    const code = status ?? cancelled
    const known = code >= 0 && code <= lastStatus ? code : unknown
    slab.observe(this.#route.index, known, this)
    if (this.#shown === undefined) return
    const isAborted = status === undefined
    const exchange = { ...this.#shown, status: known, bytesIn, bytesOut, isAborted }
    this.#trace?.end(exchange)
    witness()?.log?.(exchange)
  }

  // Who watches health watches to the end, and is sent away with the port: a drain does not wait for it.
  get #isActive(): boolean {
    return this.#route.row.kind !== 'library'
  }

  #describe(): WitnessedRequest {
    const { path } = this.#route.row
    const first = (name: string): string => firstValue(this.#arrival.metadata, name)
    return {
      listener: 'grpc',
      scheme: this.#port.scheme,
      httpVersion: '2',
      method: this.method,
      path,
      query: '',
      route: path,
      requestId: this.requestId,
      sourceAddress: this.#arrival.session.source,
      host: first(':authority'),
      userAgent: first('user-agent'),
      traceparent: first('traceparent'),
      tracestate: first('tracestate'),
      startedAt: this.startedAt,
    }
  }
}
