import type { HttpRequest, HttpResponse } from 'uWebSockets.js'

import { chooseRequestId } from '../../endpoints/endpoint.ts'
import type { Arrival } from '../../evidence/ledger/arrival.ts'
import { type Jotted, type Ledger, runHeader } from '../../evidence/ledger/ledger.ts'
import { evidenceLines } from '../http/evidence.ts'
import type { RecordPlace } from '../http/record.ts'
import { FastExchange, type FastPort } from './exchange.ts'

/** A request that a constant may answer. */
export interface ConstantRequest {
  readonly request: HttpRequest
  readonly response: HttpResponse
  readonly place: RecordPlace
  readonly port: FastPort
}

/**
 * A request with an id that a constant answers, and of which the arrival ledger keeps its entry only. What makes an
 * exchange, its evidence and its whole record costs as much as the small answer itself.
 */
export class BriefRecord {
  readonly #asked: ConstantRequest
  readonly #ledger: Ledger
  readonly #jotted: Jotted
  readonly #requestId: string
  /** Set when the answer waits for the client to read. */
  #arrival: Arrival | undefined

  constructor(asked: ConstantRequest, ledger: Ledger, jotted: Jotted) {
    this.#asked = asked
    this.#ledger = ledger
    this.#jotted = jotted
    this.#requestId = chooseRequestId(asked.request.getHeader('x-request-id'))
  }

  /** By performance.now(). */
  get startedAt(): number {
    return this.#jotted.startedAt
  }

  /** What the answer tells of itself, as lines to stand behind the value of a header. */
  lines(): string {
    const { identity } = this.#asked.port.origin
    return evidenceLines({ identity, requestId: this.#requestId, startedAt: this.startedAt })
  }

  /** The answer outlives the engine's callback, so its end may be odd: from now on all is kept. */
  outlive(): void {
    const { port, response, request, place } = this.#asked
    const { startedAt } = this
    const facts = new FastExchange(port, response, request).arrivalFacts()
    const recorded = { startedAt, arrivalFacts: () => facts }
    this.#arrival = this.#ledger.unfold(this.#jotted, recorded, place.path)
  }

  /** The answer is over: `bytes` of `total` are with the kernel. */
  end(status: number, [bytes, total]: readonly [bytes: number, total: number]): void {
    if (this.#arrival === undefined) return this.#ledger.endJotted(this.#jotted, status)
    const isAborted = bytes < total
    const over = { status, bytesIn: 0, bytesOut: bytes, isAborted, faults: [], isBodyWhole: true }
    this.#ledger.end(this.#arrival, over)
  }
}

/** The brief record of a request that has the id; undefined when the ledger keeps details of it. */
export function briefRecordOf(
  asked: ConstantRequest,
  ledger: Ledger,
  id: string,
): BriefRecord | undefined {
  const { request, port } = asked
  const jotted = ledger.jot(id, {
    run: request.getHeader(runHeader),
    method: 'GET',
    listener: 'fast',
    scheme: port.scheme,
  })
  return jotted && new BriefRecord(asked, ledger, jotted)
}
