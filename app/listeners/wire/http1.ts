import { type IncomingMessage, type Server, ServerResponse, createServer } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

import type { Buffered } from '../../budgets/buffered.ts'
import { type Origin, chooseRequestId, errorReply } from '../../endpoints/endpoint.ts'
import { OriginError } from '../../errors.ts'
import type { Slab } from '../../telemetry/slab.ts'
import { hasMember } from '../http/header-list.ts'
import type { ExchangeRecord } from '../http/record.ts'
import { headMs } from '../port/waits.ts'
import { closeGently } from './closing.ts'
import type { WireConnection } from './connection.ts'
import { WireExchange } from './exchange.ts'
import { Feed } from './feed.ts'
import { recordedGarbage } from './garbage-record.ts'
import { type ParserError, garbageReply, refuseRecorded } from './refusal.ts'
import type { WireRoutes } from './routes.ts'
import { readHandshakeInjection } from './ws-faults.ts'
import { upgradeFaulty } from './ws-faulty.ts'
import type { WireWebSockets } from './ws.ts'

/** What serves one version of HTTP on a wire port. */
export interface WireVersionOptions {
  readonly origin: Origin
  readonly slab: Slab
  readonly buffered: Buffered
  readonly routes: WireRoutes
  readonly webSockets: WireWebSockets
  readonly headerBytes: number
  readonly onBug: (error: unknown) => void
}

// What Node's parser reports when a connection ends in the middle of a request.
const truncated = 'HPE_INVALID_EOF_STATE'

/** A connection that speaks HTTP/1, and its current exchanges. */
interface Served {
  readonly socket: Socket
  readonly connection: WireConnection
  feed?: Feed
  /** The latest one, until it has ended. */
  last?: WireExchange | undefined
  /** In order of arrival, which is the order of the answers. */
  readonly exchanges: Set<WireExchange>
  /** Set when the last bytes were not a request. The client is answered after the answers that are still due. */
  garbage?: ParserError
}

/** HTTP/1.0 and HTTP/1.1 on connections that are passed to it. */
export class WireHttp1 {
  readonly #options: WireVersionOptions
  readonly #server: Server
  readonly #served = new Map<Duplex, Served>()

  constructor(options: WireVersionOptions) {
    this.#options = options
    const server = createServer({
      maxHeaderSize: options.headerBytes,
      headersTimeout: headMs,
      // A body may be as slow as it likes: tests of slow uploads send one byte a second.
      requestTimeout: 0,
      // Idle connections are WireConnection's, because Node adds a second to its own time.
      keepAliveTimeout: 0,
      connectionsCheckingInterval: 5000,
      // Node's refusal has no body and is not counted. WireRoutes sends ours.
      requireHostHeader: false,
      // Missing in Node's types: an Upgrade that we do not support (h2c, TLS) is ignored (RFC 9110 7.8).
      ...({
        shouldUpgradeCallback: (request: IncomingMessage) => this.#upgrades(request),
      } as object),
    })
    this.#server = server
    // Their size is limited; a limit on their count would drop headers silently.
    server.maxHeadersCount = 0
    // A client may end its side and still wait for the answer (RFC 9112 9.6). By default Node takes its FIN for its
    // departure.
    Object.assign(server, { httpAllowHalfOpen: true })
    // Sets up the timer for slow heads, which Node does when a server listens. This server never listens.
    server.emit('listening')
    server.on('request', (request, response) => this.#serve(request, response, false))
    server.on('checkContinue', (request, response) => this.#serve(request, response, true))
    server.on('checkExpectation', (request, response) => this.#refuseExpectation(request, response))
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    server.on('connect', (request, socket) => this.#refuseConnect(request, socket))
    server.on('clientError', (error, socket) => this.#refuseGarbage(error, socket))
    server.on('timeout', (socket) => this.#endIdle(socket))
  }

  /** Speaks HTTP/1 on a connection from now on. */
  take(socket: Socket, connection: WireConnection): void {
    const served: Served = { socket, connection, exchanges: new Set() }
    this.#served.set(socket, served)
    socket.once('close', () => {
      this.#served.delete(socket)
      // Node informs only the answer whose turn it is. Those queued after it would wait for ever.
      for (const { response } of served.exchanges) response.emit('close')
    })
    socket.once('end', () => this.#endHalf(served))
    // TLS has its own default. close_notify ends one side only, too (RFC 8446 6.1).
    socket.allowHalfOpen = true
    // Node calls this after the last answer.
    socket.destroySoon = () => closeGently(socket)
    this.#server.emit('connection', socket)
    served.feed = new Feed(socket, {
      buffered: this.#options.buffered,
      onRead: () => connection.read(served.last?.isBodyUnread ?? false),
      onDrained: () => socket.readableEnded && this.#endHalf(served),
      fed: () => ({
        isHeld: connection.isHeld,
        active: connection.active,
        isInBody: served.last?.isBodyUnread ?? false,
      }),
    })
    connection.intake = served.feed
    // What was put back after the look at it goes to the parser before the kernel's next bytes.
    socket.resume()
    connection.rest()
  }

  /** Idle connections get the new time from now. */
  retune(): void {
    for (const { connection } of this.#served.values()) connection.rest()
  }

  close(): void {
    this.#server.close()
  }

  // Answers that have not been read for this long will not be read.
  #endIdle(socket: Socket): void {
    const served = this.#served.get(socket)
    if (served !== undefined) served.connection.endsBy ??= 'idle_timeout'
    if (socket.writableLength === 0) return closeGently(socket)
    if (served !== undefined) served.connection.brokenBy ??= 'timeout'
    socket.destroy()
  }

  #serve(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const begun = this.#begin(request, response, expectsContinue)
    if (begun === undefined) return
    const { exchange, isLast } = begun
    this.#options.routes.serve(exchange, isLast).catch(this.#options.onBug)
  }

  #begin(
    request: IncomingMessage,
    response: ServerResponse,
    expectsContinue: boolean,
  ): { readonly exchange: WireExchange; readonly isLast: boolean } | undefined {
    const { socket } = request
    const served = this.#served.get(socket)
    // Its connection has ended, or is about to, while the request was on its way here.
    if (served === undefined) return
    if (served.connection.hasHadLast || socket.writableEnded) {
      served.connection.lose()
      return
    }
    const { origin, slab, buffered } = this.#options
    const { connection, exchanges } = served
    const isLast = connection.begin()
    const parts = { origin, slab, buffered, connection, request, response, expectsContinue }
    const exchange = new WireExchange(parts)
    exchanges.add(exchange)
    served.last = exchange
    response.once('close', () => {
      exchanges.delete(exchange)
      if (served.last === exchange) served.last = undefined
      connection.end()
      if (exchanges.size === 0 && served.garbage !== undefined) this.#answerGarbage(served)
    })
    return { exchange, isLast }
  }

  #refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
    const begun = this.#begin(request, response, false)
    if (begun === undefined) return
    const { exchange, isLast } = begun
    this.#options.routes.refuseExpectation(exchange, isLast).catch(this.#options.onBug)
  }

  // While answers are due, a 101 would overtake them.
  #upgrades(request: IncomingMessage): boolean {
    const isBusy = (this.#served.get(request.socket)?.exchanges.size ?? 0) > 0
    return !isBusy && request.httpVersion === '1.1' && isForWebSocket(request)
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const served = this.#served.get(socket)
    if (served === undefined) return void socket.destroy()
    served.feed?.detach()
    const { connection } = served
    const { origin, slab, buffered, webSockets, routes, onBug } = this.#options
    const response = new ServerResponse(request)
    const parts = { origin, slab, buffered, connection, request, response, expectsContinue: false }
    const exchange = new WireExchange(parts)
    const { path, query, sourceAddress } = exchange
    let record: ExchangeRecord | undefined
    try {
      const agreement = webSockets.agree(
        // Node's own headers object, where a repeated key is missing.
        { path, query, sourceAddress, header: (name) => headerText(request, name) },
        false,
      )
      connection.begin()
      record = routes.begin(exchange, agreement.row.path)
      const injection = readHandshakeInjection(exchange, { record, route: agreement.row.path })
      if (injection === undefined) {
        webSockets.upgrade(agreement, { request, socket, head }, { exchange, record })
        return record.end(101)
      }
      const faulty = { agreement, record, injection, webSockets }
      upgradeFaulty(exchange, faulty, { request, socket: served.socket, head }).catch(onBug)
    } catch (error) {
      if (!(error instanceof OriginError)) return onBug(error)
      record ??= routes.begin(exchange, webSockets.find(path)?.path ?? '/')
      refuseRecorded(served.socket, record, errorReply(error, exchange.requestId))
    }
  }

  #refuseConnect(request: IncomingMessage, socket: Duplex): void {
    const served = this.#served.get(socket)
    if (served === undefined) return void socket.destroy()
    served.feed?.detach()
    const { origin, slab, buffered, routes } = this.#options
    const { connection } = served
    const response = new ServerResponse(request)
    const parts = { origin, slab, buffered, connection, request, response, expectsContinue: false }
    const error = routes.connectRefusal()
    this.#refuseWhole(served.socket, new WireExchange(parts), { error, path: '/' })
  }

  /** Refuses on a socket that Node no longer handles. */
  #refuseWhole(
    socket: Socket,
    exchange: WireExchange,
    { error, path }: { readonly error: OriginError; readonly path: string },
  ): void {
    const record = this.#options.routes.begin(exchange, path)
    refuseRecorded(socket, record, errorReply(error, exchange.requestId))
  }

  /** llhttp rejected the bytes. The client is answered after the answers to earlier requests. */
  #refuseGarbage(error: ParserError, socket: Duplex): void {
    const served = this.#served.get(socket)
    // It reports every later piece as well.
    if (served === undefined || served.garbage !== undefined) return
    // Not garbage: the connection broke, and the exchanges on it end with the socket.
    if (socket.destroyed) return
    served.garbage = error
    const { exchanges } = served
    if (exchanges.size === 0) return this.#answerGarbage(served)
    const last = [...exchanges].at(-1)
    if (last === undefined || !last.isBodyUnread) return
    // The body ends before it is complete: the client has left.
    if (error.code === truncated && exchanges.size === 1) {
      served.socket.destroy()
    } else {
      const { status } = garbageReply(error)
      const text = `the body cannot be read: ${error.message}`
      last.breakBody(
        new OriginError(status === 413 ? 'PAYLOAD_TOO_LARGE' : 'INVALID_REQUEST', text),
      )
    }
  }

  /**
   * The client ends in the middle of a body. Node's parser reports this for most requests, but not for those that offer
   * an upgrade (Java's client offers h2c by default): they would be kept for ever.
   */
  #endHalf(served: Served): void {
    const { feed, last, socket } = served
    if (feed?.hasRest === true || last?.isBodyUnread !== true) return
    this.#refuseGarbage(Object.assign(new Error('it ends too early'), { code: truncated }), socket)
  }

  #answerGarbage({ socket, connection, garbage }: Served): void {
    // The answer before has announced that it is the last.
    if (garbage === undefined || socket.writableEnded || socket.destroyed) return
    if (garbage.code === 'HPE_CLOSED_CONNECTION') return closeGently(socket)
    const requestId = chooseRequestId('')
    const record = this.#options.routes.begin(recordedGarbage(connection, requestId), '/')
    refuseRecorded(socket, record, garbageReply(garbage, requestId))
  }
}

function isForWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && hasMember(headers.upgrade ?? '', 'websocket')
}

function headerText({ headers }: IncomingMessage, name: string): string {
  return String(headers[name] ?? '')
}
