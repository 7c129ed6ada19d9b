import { performance } from 'node:perf_hooks'

import type { Noted } from './entries.ts'
import { hintsOf, mostHeaderBytes, shown, valueOf } from './field-lines.ts'
import {
  type EndCause,
  type LedgerEnd,
  type LedgerInterim,
  type LedgerPiece,
  type LedgerRecord,
  type LedgerWebSocket,
  isEarly,
} from './record.ts'
import { targetWithoutSecrets } from './secrets.ts'

/** What a listener says of a request that is recorded; asked for once, while the request's head is there. */
export interface ArrivalFacts {
  readonly scheme: 'http' | 'https'
  /** As it came; headers alternate name and value, in order and, where the listener has it, in case. */
  readonly target: string
  readonly headers: readonly string[]
  readonly httpVersion: string
  readonly sourceAddress: string
  readonly connection?: string | undefined
  readonly requestOnConnection?: number | undefined
  readonly idleBeforeMs?: number | undefined
  /** When the first byte of the request was read, by performance.now(). */
  readonly firstByteAt?: number | undefined
  readonly alpn?: string | null | undefined
  readonly sni?: string | null | undefined
}

/** A request that is recorded. */
export interface RecordedRequest {
  /** By performance.now(). */
  readonly startedAt: number
  /** When the client sent FIN, by performance.now(); it may be waiting for the answer all the same. */
  readonly finAt?: number | undefined
  arrivalFacts(): ArrivalFacts
}

/** What came of a request after its head. */
export interface RequestRest {
  /** Whether the whole body came; undefined where nobody has read it. */
  readonly isBodyWhole?: boolean | undefined
  /** Names and values alternating. */
  readonly trailers?: readonly string[]
}

/** What is known of an exchange when it is over. */
export interface ArrivalEnd extends RequestRest {
  readonly status: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly isAborted: boolean
  readonly faults: readonly string[]
  /** When the client was seen to have left, by performance.now(), where the endpoint's work after it is known. */
  readonly leftAt?: number | undefined
  /** Set for a WebSocket that was agreed to. */
  readonly webSocket?: WebSocketEnd
}

/** What came of a WebSocket; its messages' bytes are the exchange's. */
export interface WebSocketEnd extends Omit<LedgerWebSocket, 'idle_ms'> {
  readonly end: KnownEnd
}

/** How a listener knows that an exchange ended early, where it knows more than that it did. */
export interface KnownEnd {
  readonly cause: EndCause
  readonly by?: 'client' | 'origin'
  readonly code?: number | string
  readonly fault?: string
}

const mostPieces = 64
const mostInterims = 64
const mostTextBytes = 4096

/** One arrival while its exchange is under way: what is added to it as things happen. */
export class Arrival {
  readonly id: string
  readonly run: string
  readonly noted: Noted
  readonly number: number
  readonly isRepeat: boolean
  /** By performance.now(). */
  readonly startedAt: number
  readonly #request: RecordedRequest
  #facts: ArrivalFacts | undefined
  readonly #route: string
  readonly #arrivedAt: number
  readonly #pieces: LedgerPiece[] = []
  readonly #interims: LedgerInterim[] = []
  #pieceCount = 0
  #bodyLast: number | undefined
  #answerFirst: number | undefined
  #answerLast: number | undefined
  #continueSent: number | undefined
  /** Bytes of the answer when the client's FIN was seen. */
  #bytesAtFin: number | undefined
  #known: KnownEnd | undefined
  #bodyHash: string | undefined
  #firstBadOffset: number | undefined

  constructor(
    noted: Noted,
    { number, isRepeat }: { readonly number: number; readonly isRepeat: boolean },
    more: {
      readonly id: string
      readonly run: string
      readonly route: string
      /** Unix time in ms. */
      readonly arrivedAt: number
      readonly request: RecordedRequest
    },
  ) {
    this.noted = noted
    this.number = number
    this.isRepeat = isRepeat
    this.id = more.id
    this.run = more.run
    this.#route = more.route
    this.startedAt = more.request.startedAt
    this.#arrivedAt = more.arrivedAt
    this.#request = more.request
  }

  /** Takes what the request says of itself, which cannot be had for much longer. */
  capture(): ArrivalFacts {
    this.#facts ??= this.#request.arrivalFacts()
    return this.#facts
  }

  /** A piece of the request's body was read. */
  piece(bytes: number): void {
    if (bytes === 0) return
    const at = this.#now()
    this.#bodyLast = at
    if (this.#pieceCount++ < mostPieces) this.#pieces.push([at, bytes])
  }

  /** Bytes of the answer go out, after so many before. */
  answered(bytesBefore: number): void {
    const at = this.#now()
    if (this.#request.finAt !== undefined) this.#bytesAtFin ??= bytesBefore
    this.#answerFirst ??= at
    this.#answerLast = at
  }

  /** An interim answer goes out. */
  interim(status: number): void {
    const at = this.#now()
    if (status === 100) this.#continueSent ??= at
    if (this.#interims.length < mostInterims) this.#interims.push([at, status])
  }

  /** The endpoint has looked at the whole body. */
  verified({
    sha256,
    firstBadOffset,
  }: {
    sha256?: string | undefined
    firstBadOffset?: number | undefined
  }): void {
    if (sha256 !== undefined) this.#bodyHash = `sha256:${sha256}`
    this.#firstBadOffset = firstBadOffset ?? this.#firstBadOffset
  }

  /** The listener knows how it ends. The first reason counts. */
  endsBy(end: KnownEnd): void {
    this.#known ??= end
  }

  /** How it ended. */
  endOf(over: ArrivalEnd): LedgerEnd {
    const { isAborted, bytesIn, bytesOut, isBodyWhole } = over
    const known = this.#known ?? over.webSocket?.end ?? { cause: isAborted ? 'abort' : 'complete' }
    const { cause, code = null, fault = null } = known
    const isCut = isEarly(cause)
    const isInBody = isBodyWhole === false && bytesOut === 0 && this.#answerFirst === undefined
    return {
      cause,
      by: known.by ?? (isCut ? 'client' : null),
      code,
      // Both directions of a WebSocket are under way always.
      at:
        !isCut || over.webSocket !== undefined
          ? null
          : isInBody
            ? { direction: 'request', byte: bytesIn }
            : { direction: 'response', byte: bytesOut },
      fault,
    }
  }

  /** What the details say; fields that are null or empty are left out. */
  details(over: ArrivalEnd, end: LedgerEnd): Partial<LedgerRecord> {
    const facts = this.capture()
    const [headers, headersCut] = shown(facts.headers)
    const endedAt = over.leftAt === undefined ? this.#now() : rounded(over.leftAt - this.startedAt)
    const { finAt } = this.#request
    const { firstByteAt } = facts
    const pieces = this.#pieces
    return compact({
      id: this.id.slice(0, mostTextBytes),
      run: this.run === '' ? null : this.run.slice(0, mostTextBytes),
      arrived_ms: rounded(this.#arrivedAt),
      scheme: facts.scheme,
      connection: facts.connection ?? null,
      request_on_connection: facts.requestOnConnection ?? null,
      idle_before_ms: facts.idleBeforeMs === undefined ? null : rounded(facts.idleBeforeMs),
      source_address: facts.sourceAddress,
      times: {
        first_byte:
          firstByteAt === undefined ? null : Math.min(0, rounded(firstByteAt - this.startedAt)),
        head_end: 0,
        body_first: pieces[0]?.[0] ?? null,
        body_last: this.#bodyLast ?? null,
        continue_sent: this.#continueSent ?? null,
        answer_first: this.#answerFirst ?? null,
        answer_last: this.#answerLast ?? null,
        client_fin: finAt === undefined ? null : rounded(finAt - this.startedAt),
        end: endedAt,
      },
      method: this.noted.method,
      target: targetWithoutSecrets(facts.target).slice(0, mostHeaderBytes),
      route: this.#route,
      headers,
      headers_cut: headersCut,
      trailers:
        over.trailers === undefined || over.trailers.length === 0 ? null : shown(over.trailers)[0],
      http_version: facts.httpVersion,
      alpn: facts.alpn ?? null,
      sni: facts.sni ?? null,
      body_bytes: over.bytesIn,
      body_complete: over.isBodyWhole ?? null,
      body_hash: this.#bodyHash ?? null,
      first_bad_offset: this.#firstBadOffset ?? null,
      pieces: pieces.length === 0 ? null : pieces,
      pieces_cut: this.#pieceCount > pieces.length,
      expect: valueOf(facts.headers, 'expect') ?? null,
      interims: this.#interims,
      faults: over.faults,
      status: over.status,
      bytes_written: over.bytesOut,
      websocket: this.#webSocketOf(over, endedAt),
      end,
      work_after_client_left: this.#workAfter(over, end),
      retry_hints: hintsOf(facts.headers),
    })
  }

  /** From the client's FIN, or from when it was seen to have left, until now. */
  #workAfter(
    { bytesOut, leftAt }: ArrivalEnd,
    end: LedgerEnd,
  ): LedgerRecord['work_after_client_left'] {
    const since = this.#request.finAt ?? leftAt
    if (since === undefined || end.by !== 'client' || !isEarly(end.cause)) return null
    const bytes = bytesOut - (this.#bytesAtFin ?? bytesOut)
    return { ms: rounded(performance.now() - since), bytes }
  }

  #webSocketOf({ webSocket }: ArrivalEnd, endedAt: number): LedgerWebSocket | null {
    if (webSocket === undefined) return null
    const { messages_in, messages_out, pings_in } = webSocket
    const lastAt = Math.max(this.#bodyLast ?? 0, this.#answerLast ?? 0)
    return { messages_in, messages_out, pings_in, idle_ms: rounded(endedAt - lastAt) }
  }

  #now(): number {
    return rounded(performance.now() - this.startedAt)
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

function compact(record: Partial<LedgerRecord>): Partial<LedgerRecord> {
  const told = Object.entries(record).filter(([, value]) => value !== null && value !== false)
  return Object.fromEntries(told)
}
