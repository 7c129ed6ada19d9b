import type { HttpRequest, HttpResponse } from 'uWebSockets.js'

import type { Buffered, Holder } from '../../budgets/buffered.ts'
import { type Reply, errorReply, statusLine } from '../../endpoints/endpoint.ts'
import { type ErrorCode, OriginError } from '../../errors.ts'
import { withCors } from '../http/cors.ts'
import { type Evidence, evidenceFor } from '../http/evidence.ts'
import { FramingError } from '../http/framing.ts'
import { type Injection, readInjection } from '../http/injection.ts'
import { overloaded } from '../http/overloaded.ts'
import { bendReply } from '../http/plan.ts'
import { ExchangeRecord, type RecordPlace } from '../http/record.ts'
import { clientClosedRequest, noResponse } from '../http/unsent.ts'
import { ClientLeft } from '../port/waits.ts'
import type { FastExchange } from './exchange.ts'
import type { Outlet } from './outlet.ts'
import { needsWire, withHeaders, writeReply } from './reply.ts'

/** What the answers of one route share. */
export interface AnswerContext {
  readonly place: RecordPlace
  readonly buffered: Buffered
  readonly isDraining: () => boolean
  /** Called with an unexpected exception: a bug, for which the worker ends. */
  readonly onBug: (error: unknown) => void
}

// After these refusals a body may still be coming. The answer does not wait for it.
const bodiless: ReadonlySet<ErrorCode> = new Set([
  'PAYLOAD_TOO_LARGE',
  'SERVICE_OVERLOADED',
  'EXPECTATION_FAILED',
])

// When an answer has closed the connection, the engine still serves the requests pipelined after it, and never says that
// their client has left. So for the rest of the turn, exchanges that would wait check for themselves.
let mayBeDisconnected = false

function doubtConnections(): void {
  if (mayBeDisconnected) return
  mayBeDisconnected = true
  setImmediate(() => {
    mayBeDisconnected = false
  })
}

/** The one answer of an exchange: now, later or never. It is recorded once, at its end. */
export class FastAnswer implements Outlet, Holder {
  readonly response: HttpResponse
  readonly #context: AnswerContext
  readonly #exchange: FastExchange
  readonly #record: ExchangeRecord
  readonly #evidence: Evidence | undefined
  #status = clientClosedRequest
  #isOutliving = false
  /** The body is past its limit; the answer does not wait for the rest. */
  #isLast = false
  /** The answer has begun, so its status cannot change any more. */
  #isBegun = false
  #isHolding = false
  #hasContinued = false
  /** It is unknown where the next request begins. */
  #isUnsure = false
  /** What goes wrong on purpose. */
  #injection: Injection | undefined

  constructor(context: AnswerContext, response: HttpResponse, exchange: FastExchange) {
    this.#context = context
    this.response = response
    this.#exchange = exchange
    this.#record = new ExchangeRecord(context.place, exchange)
    this.#evidence = evidenceFor(exchange)
    exchange.holder = this
  }

  get isHead(): boolean {
    return this.#exchange.method === 'HEAD'
  }

  get isClosing(): boolean {
    return this.#isLast || this.#context.isDraining()
  }

  get hasContinued(): boolean {
    return this.#hasContinued
  }

  get isCutting(): boolean {
    return this.#isLast || (this.isClosing && !this.#exchange.isBodyUnread)
  }

  /** Nothing more is sent, and what still arrives is ignored. */
  get isOver(): boolean {
    return this.#record.isOver
  }

  isAborted(): boolean {
    return this.#exchange.isAborted
  }

  /** Whether something goes wrong on purpose. */
  get isBent(): boolean {
    return this.#injection !== undefined
  }

  /** Reads which faults there are, while the engine's request lives. Throws a refusal. */
  readInjection(request: HttpRequest): void {
    const { origin, query, method, path } = this.#exchange
    this.#injection = readInjection({
      origin,
      carrier: 'fast',
      query,
      method,
      path,
      listener: 'fast',
      header: (name) => request.getHeader(name),
      planText: () => this.#exchange.planText(request),
      record: this.#record,
      route: this.#context.place.path,
      client: () => this.#exchange.sourceAddress,
      connection: undefined,
    })
  }

  /**
   * Answers; does nothing when the client has left. Corked even inside the engine's callback, which is corked already:
   * after 16 KiB of pipelined answers the engine stops joining writes, and each header line is a send() of its own (16
   * x 1 KiB pipelined: 8.1 us an answer without, 2.2 with).
   */
  send(reply: Reply): void {
    if (this.isAborted() || this.isOver) return
    if (reply.interim !== undefined || reply.trailers !== undefined) {
      return this.send(this.refusal(needsWire(this.#exchange.origin, reply)))
    }
    if (this.#isUnsure) return this.#cut(reply)
    if (this.#injection === undefined) return this.#write(reply)
    this.#suffer(reply, this.#injection).catch((error: unknown) => {
      this.#injection = undefined
      this.fail(error)
    })
  }

  #write(reply: Reply): void {
    this.#status = reply.status
    this.#isBegun = true
    const { traceHeaders } = this.#record
    const beside = this.#evidence?.headersOf(reply, traceHeaders) ?? traceHeaders
    const extra = withCors(this.#exchange.origin, beside)
    this.response.cork(() => writeReply(this, withHeaders(reply, extra)))
  }

  /** Carries out the faults, and answers if there is still an answer. */
  async #suffer(reply: Reply, injection: Injection): Promise<void> {
    const { plan, done } = injection
    const { delayMs = 0, isLast = false, noAnswer } = plan
    if (delayMs > 0) {
      this.outlive()
      await this.#exchange.wait(Math.min(delayMs, this.#exchange.origin.limits().delayMs))
      done('delayMs')
    }
    if (this.isAborted() || this.isOver) return
    if (noAnswer !== undefined) return this.#endUnanswered(injection)
    this.#isLast ||= isLast
    this.#write(bendReply(reply, injection, this.#exchange))
  }

  #endUnanswered({ done }: Injection): void {
    this.#status = noResponse
    this.outlive()
    // Not at once: the engine may be in the callback of this very request.
    setImmediate(() => {
      if (this.isOver) return
      done('noAnswer')
      this.#record.endsByFault()
      this.done(0)
      this.response.close()
    })
  }

  /**
   * Refuses, and ends the connection before anything else on it is served. After an answer that should close the
   * connection, the engine still serves what came in the same packet, and then keeps the connection. But it ends a
   * connection on which a request comes while an answer is pending. So this answer is never ended: what follows its
   * last header goes out with that.
   */
  #cut(reply: Reply): void {
    this.#status = reply.status
    this.#isBegun = true
    const text = String(reply.body.kind === 'bytes' ? reply.body.bytes : '')
    const bytes = Buffer.byteLength(text)
    this.outlive()
    this.response.cork(() => {
      this.response.writeStatus(statusLine(reply.status))
      for (const [name, value] of reply.headers) this.response.writeHeader(name, value)
      // The engine ends each header with a line end, which is white space after the JSON.
      const rest = this.isHead ? '' : `\r\n${text}`
      this.response.writeHeader(`Content-Length: ${bytes + 2}\r\nConnection`, `close\r\n${rest}`)
    })
    this.done(bytes)
    setImmediate(() => {
      if (!this.isAborted()) this.response.close()
    })
  }

  /**
   * Sends 100 (RFC 9110 10.1.1) to a client that does not write its expectation in lower case, which the engine
   * requires. The engine has no interim answers, but it writes any status line, and then nothing until the answer. The
   * status line of the answer then goes before its first header.
   */
  sendContinue(): void {
    this.#hasContinued = true
    this.response.cork(() => this.response.writeStatus('100 Continue\r\n'))
  }

  /** Answers with what `handle` returns, promises or throws. */
  settle(handle: () => Reply | Promise<Reply>): void {
    try {
      const reply = handle()
      if (reply instanceof Promise) this.follow(reply)
      else this.send(reply)
    } catch (error) {
      this.fail(error)
    }
  }

  follow(reply: Promise<Reply>): void {
    this.outlive()
    reply.then(
      (value) => this.send(value),
      (error: unknown) => this.fail(error),
    )
  }

  fail(error: unknown): void {
    if (error instanceof ClientLeft) return
    this.send(this.refusal(error))
  }

  /** The reply to a refusal. For a bug, a reply without details; the worker then ends. */
  refusal(error: unknown): Reply {
    if (!(error instanceof OriginError)) {
      this.#context.onBug(error)
      return this.refusal(new OriginError('INTERNAL_ERROR', 'the origin failed; see its log'))
    }
    // The answer does not wait for the rest of the body.
    this.#record.endsBy({ cause: 'refused', code: error.code })
    if (bodiless.has(error.code) && this.#exchange.isBodyUnread) this.#isLast = true
    this.#isUnsure = error instanceof FramingError
    return errorReply(error, this.#exchange.requestId)
  }

  outlive(leave?: () => void): void {
    if (leave !== undefined) this.#exchange.onLeave(leave)
    if (this.#isOutliving || this.isOver) return
    this.#isOutliving = true
    this.#exchange.keep()
    this.#record.activate()
    const abort = (): void => {
      this.#exchange.abort()
      this.done(this.#record.bytesOut)
    }
    this.response.onAborted(abort)
    if (mayBeDisconnected && this.#exchange.isDisconnected()) abort()
  }

  holds(bytes: number): void {
    if (this.isOver || (bytes === 0 && !this.#isHolding)) return
    this.#isHolding = bytes > 0
    this.#context.buffered.hold(this, bytes)
  }

  /** Refuses the request if nothing of its answer has been sent, otherwise cuts the connection. */
  giveUp(): void {
    this.#isHolding = false
    this.#context.place.slab.add('heldRefused', 1)
    if (!this.#isBegun) return this.#exchange.giveUp(() => this.fail(overloaded), overloaded)
    // Not at once: we may be in the middle of a write to it.
    setImmediate(() => {
      if (!this.isOver) this.response.close()
    })
  }

  sent(bytes: number): void {
    this.#record.sent(bytes - this.#record.bytesOut)
  }

  cut(): void {
    this.#record.endsByFault()
  }

  done(bytes: number): void {
    if (this.isOver) return
    if (this.#isHolding) this.holds(0)
    if (this.#exchange.asksToClose || this.isCutting) doubtConnections()
    if (bytes > this.#record.bytesOut) this.sent(bytes)
    this.#record.end(this.#status)
  }
}
