import { ServerResponse } from 'node:http'
import { constants } from 'node:http2'

import { emptyBody } from '../../endpoints/body.ts'
import { type Interim, type Reply, errorReply } from '../../endpoints/endpoint.ts'
import { OriginError } from '../../errors.ts'
import { withCors } from '../http/cors.ts'
import { type Evidence, evidenceFor } from '../http/evidence.ts'
import { type Injection, planText, readInjection } from '../http/injection.ts'
import { bendReply, endOf, knownLength } from '../http/plan.ts'
import { ExchangeRecord, type RecordPlace } from '../http/record.ts'
import { clientClosedRequest, noResponse } from '../http/unsent.ts'
import { hostOf } from '../port/address.ts'
import { ClientLeft } from '../port/waits.ts'
import { earlyEnd } from './arrival.ts'
import { sendBody } from './body.ts'
import { endHere, follow, goAway, writeBadChunk } from './ending.ts'
import type { WireExchange } from './exchange.ts'
import { sendHead, sendInterim, sendTrailers } from './head.ts'
import { type WireResponse, hasFaultyFraming } from './request.ts'

/** What the answers of one route share. */
export interface WireContext {
  readonly place: RecordPlace
  readonly isDraining: () => boolean
  /** Called with an unexpected exception: a bug, for which the worker ends. */
  readonly onBug: (error: unknown) => void
}

/** The one answer of an exchange on the wire listener, recorded once at its end. */
export class WireAnswer {
  readonly #context: WireContext
  readonly #exchange: WireExchange
  readonly #record: ExchangeRecord
  /** The connection ends after this answer. */
  readonly #isLast: boolean
  readonly #evidence: Evidence | undefined
  #status = clientClosedRequest
  #isBegun = false
  /** What goes wrong on purpose. */
  #injection: Injection | undefined

  constructor(context: WireContext, exchange: WireExchange, isLast: boolean) {
    this.#context = context
    this.#exchange = exchange
    this.#isLast = isLast
    this.#record = new ExchangeRecord(context.place, exchange)
    this.#evidence = evidenceFor(exchange, exchange.connection)
    this.#record.activate()
    this.#record.works()
    exchange.response.once('close', () => {
      if (!isWhole(exchange.response)) exchange.leave()
      if (exchange.isAborted) this.#record.endsBy(earlyEnd(exchange))
      exchange.holds(0)
      this.#record.end(this.#status)
    })
    exchange.response.on('error', () => exchange.leave())
    exchange.request.on('error', () => {})
  }

  /** Reads which faults there are. Throws a refusal. */
  readInjection(): void {
    const { origin, query, method, path, isHttp1, sourceAddress, connection } = this.#exchange
    this.#injection = readInjection({
      origin,
      carrier: isHttp1 ? 'http1' : 'http2',
      query,
      method,
      path,
      listener: 'wire',
      header: (name) => this.#exchange.header(name),
      planText: () => planText(this.#exchange.headers),
      record: this.#record,
      route: this.#context.place.path,
      client: () => hostOf(sourceAddress),
      connection: () => connection.id,
    })
  }

  /** Answers with what `handle` returns, promises or throws; a client that has left gets nothing. */
  async settle(handle: () => Reply | Promise<Reply>): Promise<void> {
    try {
      await this.#settle(handle)
    } finally {
      this.#record.worked()
    }
  }

  async #settle(handle: () => Reply | Promise<Reply>): Promise<void> {
    try {
      await this.#send(await handle())
    } catch (error) {
      if (error instanceof ClientLeft || this.#exchange.isGone) return this.#exchange.leave()
      // Half an answer cannot be taken back. The client notices that it breaks off.
      if (this.#isBegun) {
        this.#exchange.response.destroy()
        return this.#report(error)
      }
      await this.#settle(() => this.refusal(error))
    }
  }

  /** The reply to a refusal. For a bug, a reply without details; the worker then ends. */
  refusal(error: unknown): Reply {
    if (error instanceof OriginError) {
      this.#record.endsBy({ cause: 'refused', code: error.code })
      return errorReply(error, this.#exchange.requestId)
    }
    this.#report(error)
    return this.refusal(new OriginError('INTERNAL_ERROR', 'the origin failed; see its log'))
  }

  #report(error: unknown): void {
    if (!(error instanceof OriginError)) this.#context.onBug(error)
  }

  async #send(reply: Reply): Promise<void> {
    if (this.#injection !== undefined) return this.#suffer(reply, this.#injection)
    if (await this.#write(reply)) this.#end(reply)
  }

  /** Head and body; false when the client left before. */
  async #write(asked: Reply): Promise<boolean> {
    const exchange = this.#exchange
    const evidence = this.#evidence
    const reply = evidence?.announced(asked) ?? asked
    for (const interim of reply.interim ?? []) await this.#sendInterim(interim)
    if (reply.waitMs !== undefined && reply.waitMs > 0) await exchange.wait(reply.waitMs)
    if (exchange.isGone) {
      exchange.leave()
      return false
    }
    this.#status = reply.status
    this.#isBegun = true
    exchange.body = emptyBody
    const { traceHeaders } = this.#record
    const beside = evidence?.headersOf(reply, traceHeaders) ?? traceHeaders
    const extra = withCors(exchange.origin, beside)
    sendHead(exchange, reply, { isClosing: this.#isClosing(), extra, plan: this.#injection?.plan })
    await sendBody(exchange, reply, (bytes) => this.#record.sent(bytes))
    return true
  }

  #end(reply: Reply): void {
    const exchange = this.#exchange
    const evidence = this.#evidence
    sendTrailers(exchange, evidence?.completed(evidence.announced(reply)) ?? reply)
    exchange.response.end()
    // Node drops a body that was never read. It keeps a body that was read in part for ever, unless it is read on.
    if (!exchange.isBodyTaken) exchange.request.resume()
  }

  /** Carries out the faults, and answers if there is still an answer. */
  async #suffer(asked: Reply, injection: Injection): Promise<void> {
    const exchange = this.#exchange
    const { plan, done } = injection
    const { delayMs = 0, noAnswer, rstStream, hasGoaway = false, isLast = false } = plan
    if (delayMs > 0) {
      await exchange.wait(Math.min(delayMs, exchange.origin.limits().delayMs))
      done('delayMs')
    }
    // What is written to the socket itself waits for the answers before this one.
    await exchange.turn()
    if (exchange.isGone) return exchange.leave()
    if (hasGoaway || (isLast && !exchange.isHttp1)) goAway(exchange)
    if (hasGoaway) done('hasGoaway')
    if (rstStream !== undefined) return this.#stop(noResponse, { injection, part: 'rstStream' })
    if (noAnswer !== undefined) return this.#stop(noResponse, { injection, part: 'noAnswer' })
    const reply = bendReply(asked, injection, exchange)
    if (!(await this.#write(reply))) return
    const by = endOf(reply.body)
    if (by !== undefined) return this.#cut(by)
    this.#endBent(reply, injection)
  }

  /** Ends without an answer. */
  async #stop(
    status: number,
    { injection, part }: { injection: Injection; part: 'rstStream' | 'noAnswer' },
  ): Promise<void> {
    this.#status = status
    injection.done(part)
    await this.#cut(injection.plan.noAnswer ?? 'rst', injection.plan.rstStream)
  }

  /** Ends an answer whose body is complete. */
  #endBent(reply: Reply, { plan, done }: Injection): void {
    const { response } = this.#exchange
    const hasBody = this.#exchange.method !== 'HEAD' && reply.body.kind !== 'none'
    const isShifted = plan.contentLengthBy !== undefined && knownLength(reply.body) !== undefined
    if (isShifted) done('contentLengthBy')
    if (!(response instanceof ServerResponse)) return this.#end(reply)
    if (plan.statusLine !== undefined) done('statusLine')
    if (plan.head !== undefined) done('head')
    if (plan.isChunkBad === true && hasBody && this.#exchange.isModern) {
      writeBadChunk(response)
      done('isChunkBad')
      return void this.#cut('fin')
    }
    if (plan.statusLine !== undefined || (isShifted && hasBody)) return void this.#cut('fin')
    const { socket } = response
    const { aftermath } = plan
    if (aftermath === undefined || socket === null) return this.#end(reply)
    done('aftermath')
    const { connection } = this.#exchange
    if (aftermath.kind === 'slow-close') follow(socket, aftermath, connection)
    this.#end(reply)
    if (aftermath.kind !== 'slow-close' && !this.#isClosing()) follow(socket, aftermath, connection)
  }

  /** Ends the connection, or the stream of HTTP/2, where the answer stopped. */
  async #cut(by: 'fin' | 'rst', code?: number): Promise<void> {
    this.#exchange.holds(0)
    this.#record.endsByFault()
    this.#record.end(this.#status)
    await endHere(this.#exchange, by, code)
  }

  /** RFC 9110 15.2: HTTP/1.0 has no interim answers. */
  async #sendInterim(interim: Interim): Promise<void> {
    if (interim.waitMs > 0) await this.#exchange.wait(interim.waitMs)
    await this.#exchange.turn()
    if (!this.#exchange.isModern) return
    this.#exchange.arrival?.interim(interim.status)
    sendInterim(this.#exchange, interim)
  }

  // A client that got no 100 may send its body or not, so the next bytes may be a body or a request.
  #isClosing(): boolean {
    const { isContinueOwed, isBodyRefused } = this.#exchange
    const cannotGoOn = isContinueOwed || isBodyRefused || hasFaultyFraming(this.#exchange)
    const isLast = this.#isLast || this.#injection?.plan.isLast === true
    return isLast || this.#context.isDraining() || cannotGoOn
  }
}

// Node finishes a stream of HTTP/2 that its client has reset, too. Only the code shows the difference.
function isWhole(response: WireResponse): boolean {
  if (response instanceof ServerResponse) return response.writableFinished
  return response.writableEnded && response.stream.rstCode === constants.NGHTTP2_NO_ERROR
}
