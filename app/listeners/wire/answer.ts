import { ServerResponse } from 'node:http'
import { constants } from 'node:http2'

import { emptyBody } from '../../endpoints/body.ts'
import { type Interim, type Reply, errorReply } from '../../endpoints/endpoint.ts'
import { OriginError } from '../../errors.ts'
import type { Plan } from '../../traffic/faults/plan.ts'
import { bendReply, endsCut } from '../http/plan.ts'
import { ExchangeRecord, type RecordPlace } from '../http/record.ts'
import { ClientLeft } from '../port/waits.ts'
import { sendBody } from './body.ts'
import { closeGently } from './closing.ts'
import type { WireExchange } from './exchange.ts'
import { sendHead, sendInterim, sendTrailers } from './head.ts'
import type { WireResponse } from './request.ts'

/** What the answers of one route share. */
export interface WireContext {
  readonly place: RecordPlace
  readonly isDraining: () => boolean
  /** Called with an exception that is no refusal: a bug, for which the worker ends. */
  readonly onBug: (error: unknown) => void
}

// nginx's status for a client that left before it got one; never sent.
const clientClosedRequest = 499

/** The one answer of an exchange on the wire listener, recorded once at its end. */
export class WireAnswer {
  /** How the answer is to be bent. */
  plan: Plan | undefined
  readonly #context: WireContext
  readonly #exchange: WireExchange
  readonly #record: ExchangeRecord
  /** The connection ends after this answer. */
  readonly #isLast: boolean
  #status = clientClosedRequest
  #isBegun = false

  constructor(context: WireContext, exchange: WireExchange, isLast: boolean) {
    this.#context = context
    this.#exchange = exchange
    this.#isLast = isLast
    this.#record = new ExchangeRecord(context.place, exchange)
    this.#record.activate()
    exchange.response.once('close', () => {
      if (!isWhole(exchange.response)) exchange.leave()
      exchange.holds(0)
      this.#record.end(this.#status)
    })
    exchange.response.on('error', () => exchange.leave())
    exchange.request.on('error', () => {})
  }

  /** Answers with what `handle` returns, promises or throws; a client that has left gets nothing. */
  async settle(handle: () => Reply | Promise<Reply>): Promise<void> {
    try {
      await this.#send(await handle())
    } catch (error) {
      if (error instanceof ClientLeft || this.#exchange.isGone) return this.#exchange.leave()
      // Half an answer cannot be taken back; that it breaks off tells the client.
      if (this.#isBegun) {
        this.#exchange.response.destroy()
        return this.#report(error)
      }
      await this.settle(() => this.refusal(error))
    }
  }

  /** The reply to a refusal. For a bug, a reply without details; the worker then ends. */
  refusal(error: unknown): Reply {
    if (error instanceof OriginError) return errorReply(error, this.#exchange.requestId)
    this.#report(error)
    return this.refusal(new OriginError('INTERNAL_ERROR', 'the origin failed; see its log'))
  }

  #report(error: unknown): void {
    if (!(error instanceof OriginError)) this.#context.onBug(error)
  }

  async #send(asked: Reply): Promise<void> {
    const exchange = this.#exchange
    const reply = this.plan === undefined ? asked : bendReply(asked, this.plan)
    for (const interim of reply.interim ?? []) await this.#sendInterim(interim)
    if (reply.waitMs !== undefined && reply.waitMs > 0) await exchange.wait(reply.waitMs)
    if (exchange.isGone) return exchange.leave()
    this.#status = reply.status
    this.#isBegun = true
    exchange.body = emptyBody
    const isClosing = this.#isClosing()
    sendHead(exchange, reply, { isClosing, extra: this.#record.traceHeaders })
    await sendBody(exchange, reply, (bytes) => this.#record.sent(bytes))
    if (endsCut(reply.body)) return this.#cut()
    sendTrailers(exchange, reply)
    exchange.response.end()
    // Node drops a body that was never read. One that was read in part it keeps for ever, unless it is read on.
    if (!exchange.isBodyTaken) exchange.request.resume()
  }

  /** Ends the connection, or the stream of HTTP/2, where the body stopped. */
  async #cut(): Promise<void> {
    const { response } = this.#exchange
    this.#exchange.holds(0)
    this.#record.end(this.#status)
    if (response instanceof ServerResponse) {
      if (response.socket !== null) closeGently(response.socket)
      return
    }
    // A reset overtakes what is still in the stream's queue.
    await new Promise((resolve) => response.stream.write(Buffer.alloc(0), resolve))
    response.stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  }

  /** RFC 9110 15.2: HTTP/1.0 has none. */
  async #sendInterim(interim: Interim): Promise<void> {
    if (interim.waitMs > 0) await this.#exchange.wait(interim.waitMs)
    await this.#exchange.turn()
    if (this.#exchange.isModern) sendInterim(this.#exchange, interim)
  }

  // A client that got no 100 may send its body or not, so the next bytes may be a body or a request.
  #isClosing(): boolean {
    const { isContinueOwed, isBodyRefused, isFramingFaulty } = this.#exchange
    const cannotGoOn = isContinueOwed || isBodyRefused || isFramingFaulty
    return this.#isLast || this.#context.isDraining() || cannotGoOn
  }
}

// Node finishes a stream of HTTP/2 that its client has reset, too: only the code tells.
function isWhole(response: WireResponse): boolean {
  if (response instanceof ServerResponse) return response.writableFinished
  return response.writableEnded && response.stream.rstCode === constants.NGHTTP2_NO_ERROR
}
