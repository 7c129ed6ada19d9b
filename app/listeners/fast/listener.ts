import type { HttpRequest, HttpResponse } from 'uWebSockets.js'

import type { Buffered } from '../../budgets/buffered.ts'
import type { Connections } from '../../budgets/connections.ts'
import { type BodyCollector, createBodyCollector, lentBody } from '../../endpoints/body.ts'
import { type Endpoint, type Origin, type Reply } from '../../endpoints/endpoint.ts'
import {
  type BindTarget,
  checkMethod,
  createBindTarget,
  routePatterns,
} from '../../endpoints/target.ts'
import { OriginError } from '../../errors.ts'
import { monotonicMs } from '../../telemetry/clock.ts'
import { rejections } from '../../telemetry/rejections.ts'
import type { Slab } from '../../telemetry/slab.ts'
import { preflightReply } from '../http/cors.ts'
import { unknownExpectation } from '../http/expectation.ts'
import { checkFraming } from '../http/framing.ts'
import type { RateLimit } from '../http/rate-limit.ts'
import { ConstantRecord, type Places } from '../http/record.ts'
import type { Listener } from '../listener.ts'
import type { TlsSettings } from '../port/node-tls.ts'
import { quietPortMs } from '../port/waits.ts'
import { type AnswerContext, FastAnswer } from './answer.ts'
import { FastConstants, mayBeConstant } from './constants.ts'
import type { Routes } from './engine-app.ts'
import { EnginePort } from './engine-port.ts'
import { FastExchange, type FastPort, announcesBody } from './exchange.ts'
import { FastPeers, readAddress } from './peers.ts'
import type { FastWebSockets } from './ws.ts'

/** One port of the fast listener and what it serves. */
export interface FastOptions {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly tls?: TlsSettings
  readonly origin: Origin
  readonly slab: Slab
  readonly connections: Connections
  readonly buffered: Buffered
  readonly rateLimit: RateLimit
  readonly rows: readonly Endpoint[]
  readonly unknownPathRow: Endpoint
  readonly webSockets: FastWebSockets
  readonly places: Places
  /** Called with an unexpected exception: a bug, for which the worker ends. */
  readonly onBug: (error: unknown) => void
}

/** A row as this listener serves it. */
interface Route {
  readonly row: Endpoint
  readonly bind: BindTarget
  readonly context: AnswerContext
}

/**
 * The fast listener: hyper-express makes, opens and closes the server; routes go straight to its
 * uWebSockets instance. hyper-express's own request and response cost 0.7-0.9 us of 5 per request
 * (2.0 x when pipelined), lose repeated headers and cannot stream a body with 'data' events.
 */
export class FastListener implements Listener {
  readonly name: string
  readonly #options: FastOptions
  readonly #engine: EnginePort
  readonly #constants = new FastConstants()
  readonly #port: FastPort
  #onAccept: (() => void) | undefined
  #isTurningAway = false

  constructor(options: FastOptions) {
    const { tls, host, port } = options
    this.name = options.name
    this.#options = options
    this.#engine = new EnginePort({
      name: options.name,
      host,
      port,
      slab: options.slab,
      ...(tls && { tls }),
      serve: (routes) => this.#serveRows(routes),
      serveRest: (routes) => this.#addRoute(routes, '/*', this.#unknownRoute()),
      onChange: (response, change) => this.#count(response, change),
      refuse: (response, request) => this.#refuseStranger(response, request),
    })
    this.#port = {
      origin: options.origin,
      scheme: tls === undefined ? 'http' : 'https',
      address: `${host.includes(':') ? `[${host}]` : host}:${port}`,
      sources: new FastPeers(),
      slab: options.slab,
    }
  }

  open(): Promise<void> {
    return this.#engine.open()
  }

  async renewCertificates(): Promise<void> {
    this.#engine.renew()
  }

  drain(spreadMs: number): void {
    this.#options.webSockets.drain(spreadMs)
  }

  /**
   * Closing a listen socket resets the connections the kernel has queued on it. Where the primary could steer new ones
   * to another socket of the port, none is queued. Elsewhere it is closed right after an accept, which empties the
   * queue: 0-3 resets in most drains under 48 churning clients, 34 in one on a loaded machine. Keep-alive clients see
   * none.
   */
  stopAccepting(): void {
    this.#options.webSockets.stopAccepting()
    this.#onAccept = () => setImmediate(() => this.#engine.closePort())
    setTimeout(() => this.#engine.closePort(), quietPortMs)
  }

  close(): void {
    this.#engine.close()
  }

  #serveRows(routes: Routes): void {
    const { rows, webSockets } = this.#options
    webSockets.register(routes, this.#port)
    for (const row of rows) {
      const route = this.#routeOf(row)
      for (const pattern of routePatterns(row)) this.#addRoute(routes, pattern, route)
    }
  }

  /** A connection has been accepted (1), or has ended while it was HTTP (-1). */
  #count(response: HttpResponse, change: number): void {
    if (change < 0) return this.#forget()
    const { slab, connections } = this.#options
    slab.arrive(monotonicMs())
    this.#onAccept?.()
    const { sources } = this.#port
    const address = readAddress(response)
    // The engine does not say whose connection has ended.
    const refusal = connections.enter(address, 'recounted')
    if (refusal !== undefined) {
      slab.add(rejections[refusal], 1)
      return this.#turnAway(response)
    }
    slab.add('connectionsOpen', 1)
    slab.add('connectionsOpened', 1)
    sources.opened(address)
  }

  #forget(): void {
    if (this.#isTurningAway) return
    const { slab, connections } = this.#options
    slab.add('connectionsOpen', -1)
    connections.leave(this.#port.sources.closed(), 'recounted')
  }

  /**
   * Closes a connection that was never counted, before its TLS handshake and in the same turn: the engine accepts all
   * that the kernel has queued at once, and each of them is a file until it is closed.
   */
  #turnAway(response: HttpResponse): void {
    // The engine reports the end before it returns.
    this.#isTurningAway = true
    response.close()
    this.#isTurningAway = false
  }

  /** Answers a client that lacks a required certificate, and ends the connection. */
  #refuseStranger(response: HttpResponse, request: HttpRequest): void {
    const { context } = this.#unknownRoute()
    const exchange = new FastExchange(this.#port, response, request)
    const answer = new FastAnswer({ ...context, isDraining: () => true }, response, exchange)
    answer.send(
      answer.refusal(
        new OriginError('INVALID_REQUEST', 'this port requires a client certificate; none came'),
      ),
    )
  }

  #unknownRoute(): Route {
    return this.#routeOf(this.#options.unknownPathRow)
  }

  #routeOf(row: Endpoint): Route {
    const { origin, places, buffered, onBug } = this.#options
    const { isDraining } = origin
    return {
      row,
      bind: createBindTarget(row),
      context: { place: places(row.path), buffered, onBug, isDraining },
    }
  }

  #addRoute(routes: Routes, pattern: string, route: Route): void {
    routes.any(pattern, (response, request) => void this.#serve(route, response, request))
    if (route.row.reads !== 'nothing') return
    routes.get(pattern, (response, request) => this.#serveConstant(route, response, request))
  }

  #serveConstant(route: Route, response: HttpResponse, request: HttpRequest): void {
    const { origin, rateLimit } = this.#options
    const { place } = route.context
    // An absent query is undefined, although the engine's types say otherwise.
    const query = request.getQuery() as string | undefined
    if (place.witness() !== undefined || rateLimit.isForAll || !mayBeConstant(origin, query)) {
      return void this.#serve(route, response, request)
    }
    const target = query === undefined ? request.getUrl() : `${request.getUrl()}?${query}`
    const asked = { request, response, place, port: this.#port }
    if (!origin.isDraining() && this.#constants.answer(target, asked)) return
    const reply = this.#serve(route, response, request)
    if (reply === undefined) return
    const record = new ConstantRecord(place, reply.status)
    this.#constants.keep({ target, record }, reply, (name) => request.getHeader(name) !== '')
  }

  /** Serves one request. Returns the reply if it was made and written at once. */
  #serve(route: Route, response: HttpResponse, request: HttpRequest): Reply | undefined {
    const exchange = new FastExchange(this.#port, response, request)
    const answer = new FastAnswer(route.context, response, exchange)
    try {
      if (mustReadHead(route.row, exchange.method, request)) {
        exchange.readHeaders(request)
        if (exchange.hasBody) checkFraming(exchange.headers)
        this.#meetExpectation(exchange, answer)
      }
      answer.readInjection(request)
      const reply = this.#handle(route, exchange, answer)
      if (reply instanceof Promise) answer.follow(reply)
      else if (reply === undefined) answer.outlive()
      else {
        answer.send(reply)
        return answer.isBent ? undefined : reply
      }
    } catch (error) {
      answer.send(answer.refusal(error))
    }
    return undefined
  }

  // RFC 9110 10.1.1: case does not matter. The engine has already answered the spelling that it knows.
  #meetExpectation({ expectation, hasBody }: FastExchange, answer: FastAnswer): void {
    if (expectation === '' || expectation === '100-continue') return
    if (expectation.toLowerCase() !== '100-continue') throw unknownExpectation(expectation)
    if (hasBody) answer.sendContinue()
  }

  /** Undefined when the answer waits for the body. */
  #handle(
    { row, bind }: Route,
    exchange: FastExchange,
    answer: FastAnswer,
  ): Reply | Promise<Reply> | undefined {
    const { origin, rateLimit, slab } = this.#options
    const preflight = preflightReply(exchange)
    if (preflight !== undefined) return preflight
    rateLimit.check(exchange, slab)
    checkMethod(row, exchange.method)
    const values = bind(exchange.path, exchange.query, origin.limits())
    if (row.reads !== 'whole' || !exchange.hasBody) return row.handle(exchange, values)
    const limitBytes = origin.echoBodyBytes()
    let collector: BodyCollector | undefined
    exchange.onBody(
      (error) => {
        // The engine keeps these functions until the connection is gone.
        collector = undefined
        answer.fail(error)
      },
      (piece, isLast) => {
        if (answer.isOver) return
        // A body in one piece, which is nearly every one, is passed on without a copy.
        if (isLast && collector === undefined) {
          exchange.body = lentBody(piece, limitBytes)
        } else {
          const collected = (collector ??= createBodyCollector(limitBytes))
          collected.take(piece)
          answer.holds(collected.keptBytes)
          if (answer.isOver) return
          if (isLast) exchange.body = collected.body()
        }
        if (isLast) answer.settle(() => row.handle(exchange, values))
      },
    )
    return undefined
  }
}

// Reading all headers costs 0.5 us. A GET of a row that reads none is spared them, unless it announces a body: 0.16 us,
// which a constant answer is spared, too.
function mustReadHead({ reads }: Endpoint, method: string, request: HttpRequest): boolean {
  return reads !== 'nothing' || (method !== 'GET' && method !== 'HEAD') || announcesBody(request)
}
