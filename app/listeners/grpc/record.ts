import { performance } from 'node:perf_hooks'

import { chooseRequestId } from '../../endpoints/endpoint.ts'
import type { GrpcEndpoint } from '../../endpoints/grpc/grpc-endpoint.ts'
import type { Arrival, ArrivalFacts, KnownEnd } from '../../evidence/ledger/arrival.ts'
import type { WitnessedRequest } from '../../telemetry/witness.ts'
import { firstValue } from '../http/first-value.ts'
import { ExchangeRecord, type RecordPlace, type Recorded } from '../http/record.ts'
import type { CallHead, GrpcPort } from './port.ts'

const cancelled = 1
const unknown = 2
const lastStatus = 16

/** What a call is recorded under; there is no row where no method has its path. */
interface RecordedRoute {
  readonly place: RecordPlace
  readonly row?: GrpcEndpoint
}

/** The record of one call, from its arrival to its status. */
export class CallRecord implements Recorded {
  bytesIn = 0
  isAborted = false
  readonly method = 'POST'
  readonly listener = 'grpc'
  /** Its record in the arrival ledger. */
  arrival: Arrival | undefined
  readonly startedAt = performance.now()
  readonly #port: GrpcPort
  readonly #route: RecordedRoute
  readonly #head: CallHead
  #requestId: string | undefined
  #record: ExchangeRecord | undefined

  constructor(port: GrpcPort, route: RecordedRoute, head: CallHead) {
    this.#port = port
    this.#route = route
    this.#head = head
  }

  get requestId(): string {
    this.#requestId ??= chooseRequestId(firstValue(this.#head.metadata, 'x-request-id'))
    return this.#requestId
  }

  /** What the answer reports about its trace; empty before `begin`. */
  get traceHeaders(): ExchangeRecord['traceHeaders'] {
    return this.#record?.traceHeaders ?? []
  }

  /** The call begins. */
  begin(): void {
    this.#record = new ExchangeRecord(this.#route.place, this)
    // A client that watches health never stops by itself. A drain does not wait for it; it ends when the port closes.
    if (this.#route.row?.kind !== 'library') this.#record.activate()
  }

  asked(fault: string): void {
    this.#record?.asked(fault)
  }

  atEnd(run: () => void): void {
    this.#record?.atEnd(run)
  }

  injected(fault: string): void {
    this.#record?.injected(fault)
  }

  /** How the call is about to end, when that is not by its status. */
  endsBy(end: KnownEnd): void {
    this.#record?.endsBy(end)
  }

  /** The latest fault ends the call. */
  endsByFault(): void {
    this.#record?.endsByFault()
  }

  get scheme(): 'http' | 'https' {
    return this.#port.scheme
  }

  header(name: string): string {
    return firstValue(this.#head.metadata, name)
  }

  arrivalFacts(): ArrivalFacts {
    const { session, headers } = this.#head
    const { scheme } = this
    return {
      scheme,
      target: firstValue(headers, ':path'),
      headers,
      httpVersion: '2',
      sourceAddress: session.source,
      connection: session.id,
      requestOnConnection: session.calls,
      ...(scheme === 'https' && { alpn: 'h2' }),
    }
  }

  took(bytes: number): void {
    this.bytesIn += bytes
    this.arrival?.piece(bytes)
    this.#port.slab.add('bytesIn', bytes)
  }

  gave(bytes: number): void {
    this.#record?.sent(bytes)
  }

  /** The call is over with a status, or without one: the client has left. Only the first end counts. */
  end(status: number | undefined): void {
    if (this.#record?.isOver !== false) return
    this.isAborted = status === undefined
    // A client may ask for a status that does not exist; there is no label for each.
    const code = status ?? cancelled
    this.#record.endsBy({ cause: 'complete', code })
    this.#record.end(code >= 0 && code <= lastStatus ? code : unknown)
  }

  describe(route: string): WitnessedRequest {
    const first = (name: string): string => this.header(name)
    const { headers } = this.#head
    return {
      listener: this.listener,
      scheme: this.#port.scheme,
      httpVersion: '2',
      method: firstValue(headers, ':method'),
      path: firstValue(headers, ':path'),
      query: '',
      route,
      requestId: this.requestId,
      sourceAddress: this.#head.session.source,
      host: first(':authority'),
      userAgent: first('user-agent'),
      traceparent: first('traceparent'),
      tracestate: first('tracestate'),
      startedAt: this.startedAt,
    }
  }
}
