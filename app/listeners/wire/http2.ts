import {
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  constants,
  createServer,
} from 'node:http2'
import type { Socket } from 'node:net'

import { OriginError } from '../../errors.ts'
import { destroyBetweenReads } from '../http/http2-session.ts'
import type { ExchangeRecord } from '../http/record.ts'
import type { WireConnection } from './connection.ts'
import { WireExchange } from './exchange.ts'
import type { WireVersionOptions } from './http1.ts'
import type { WireRoutes } from './routes.ts'
import { readHandshakeInjection } from './ws-faults.ts'
import { connectFaulty } from './ws-faulty.ts'
import { isWebSocketConnect } from './ws.ts'

// As many as an HTTP/1 connection may have pipelined before reading stops.
const mostStreams = 128

// Node's default of 128 pairs is fewer than the fast listener accepts. Their size has a limit of its own.
const mostHeaders = 2000

// Room for a slice of every stream and for what has arrived for it; above it streams are refused.
const sessionMebibytes = 64

/** HTTP/2 on connections that are passed to it. */
export class WireHttp2 {
  readonly #options: WireVersionOptions
  readonly #server: Http2Server
  readonly #sessions = new Map<ServerHttp2Session, WireConnection>()
  #arriving: WireConnection | undefined

  constructor(options: WireVersionOptions) {
    this.#options = options
    const server = createServer({
      settings: {
        maxConcurrentStreams: mostStreams,
        // RFC 8441: WebSocket by extended CONNECT.
        enableConnectProtocol: true,
        maxHeaderListSize: options.headerBytes,
      },
      maxHeaderListPairs: mostHeaders,
      maxSessionMemory: sessionMebibytes,
    })
    this.#server = server
    server.on('session', (session) => this.#begin(session))
    server.on('request', (request, response) => this.#serve(request, response, false))
    server.on('checkContinue', (request, response) => this.#serve(request, response, true))
    server.on('checkExpectation', (request, response) => {
      this.#refuseExpectation(request, response)
    })
    server.on('connect', (request: Http2ServerRequest, response: Http2ServerResponse) => {
      this.#connect(request, response)
    })
    // The session ends by itself with the right code. A peer's mistake is not our bug.
    server.on('sessionError', () => {})
  }

  /** Speaks HTTP/2 on a connection from now on. */
  take(socket: Socket, connection: WireConnection): void {
    this.#arriving = connection
    this.#server.emit('connection', socket)
    this.#arriving = undefined
    // A half-closed HTTP/2 connection is useless: window updates could not arrive.
    socket.once('end', () => socket.destroy())
  }

  /** Sends GOAWAY on every session, spread evenly. Open streams go on. */
  drain(spreadMs: number): void {
    const sessions = [...this.#sessions]
    for (const [index, [session, connection]] of sessions.entries()) {
      const leave = (): void => {
        connection.endsBy ??= 'drain'
        session.close()
      }
      setTimeout(leave, (spreadMs * index) / sessions.length)
    }
  }

  /** Idle sessions get the new time from now. */
  retune(): void {
    for (const connection of this.#sessions.values()) connection.rest()
  }

  close(): void {
    for (const session of this.#sessions.keys()) session.destroy()
  }

  // The event comes while `take` passes the socket on.
  #begin(session: ServerHttp2Session): void {
    destroyBetweenReads(session)
    const connection = this.#arriving
    if (connection === undefined) return session.destroy()
    this.#sessions.set(session, connection)
    // The session has the socket. Its flow control and mostStreams limit what is read.
    connection.intake = {
      setTimeout: (ms) => session.setTimeout(ms),
      pause: () => {},
      resume: () => {},
    }
    session.on('timeout', () => {
      if (connection.active > 0) return
      connection.endsBy ??= 'idle_timeout'
      session.close()
    })
    session.on('error', () => {})
    session.on('goaway', (code: number) => {
      connection.leftBy('client_goaway')
      // With NO_ERROR streams go on to their ends.
      if (code !== constants.NGHTTP2_NO_ERROR) connection.goaway = code
    })
    session.once('close', () => this.#sessions.delete(session))
    connection.rest()
  }

  #serve(request: Http2ServerRequest, response: Http2ServerResponse, expects: boolean): void {
    const begun = this.#exchangeOf(request, response, expects)
    if (begun === undefined) return
    const { routes, onBug } = this.#options
    routes.serve(begun.exchange, begun.isLast).catch(onBug)
  }

  #refuseExpectation(request: Http2ServerRequest, response: Http2ServerResponse): void {
    const begun = this.#exchangeOf(request, response, false)
    if (begun === undefined) return
    const { routes, onBug } = this.#options
    routes.refuseExpectation(begun.exchange, begun.isLast).catch(onBug)
  }

  #connect(request: Http2ServerRequest, response: Http2ServerResponse): void {
    const begun = this.#exchangeOf(request, response, false)
    if (begun === undefined) return
    const { exchange, isLast } = begun
    const { routes, webSockets, onBug } = this.#options
    let record: ExchangeRecord | undefined
    try {
      checkConnect(request, routes)
      const header = (name: string): string => exchange.header(name)
      const agreement = webSockets.agree(
        {
          path: exchange.path,
          query: exchange.query,
          sourceAddress: exchange.sourceAddress,
          header,
        },
        true,
      )
      record = routes.begin(exchange, agreement.row.path)
      const injection = readHandshakeInjection(exchange, { record, route: agreement.row.path })
      if (injection === undefined) {
        webSockets.connect(agreement, response, { exchange, record })
        return record.end(200)
      }
      const faulty = { agreement, record, injection, webSockets }
      connectFaulty(exchange, faulty, response).catch(onBug)
    } catch (error) {
      const path = webSockets.find(exchange.path)?.path ?? '/'
      routes.refuse(exchange, error, { path, isLast }).catch(onBug)
    }
  }

  #exchangeOf(
    request: Http2ServerRequest,
    response: Http2ServerResponse,
    expectsContinue: boolean,
  ): { readonly exchange: WireExchange; readonly isLast: boolean } | undefined {
    const { session } = response.stream
    const connection = session && this.#sessions.get(session as ServerHttp2Session)
    if (session === undefined || connection === undefined) return undefined
    // The client reset it in the same packet, so there is nobody to answer.
    if (response.stream.destroyed || response.stream.closed) return undefined
    // Streams that came in one piece with the last one are here before its GOAWAY is sent. Nothing was done for them,
    // and the code says so (RFC 9113 8.7).
    if (connection.hasHadLast) {
      response.stream.close(constants.NGHTTP2_REFUSED_STREAM)
      return undefined
    }
    const { origin, slab, buffered } = this.#options
    const isLast = connection.begin()
    // Not `response`, which a WebSocket leaves unused.
    response.stream.once('close', () => connection.end())
    // GOAWAY now, with this stream as the last: it goes on to its end.
    if (isLast || origin.isDraining()) {
      connection.endsBy ??= isLast ? 'request_limit' : 'drain'
      session.close()
    }
    const parts = { origin, slab, buffered, connection, request, response, expectsContinue }
    return { exchange: new WireExchange(parts), isLast }
  }
}

// RFC 8441 4: a :protocol that is not known is 501 (RFC 9220 3 says so in words).
function checkConnect(request: Http2ServerRequest, routes: WireRoutes): void {
  if (isWebSocketConnect(request)) return
  const protocol = request.headers[':protocol']
  if (protocol === undefined) throw routes.connectRefusal()
  throw new OriginError(
    'UNSUPPORTED_ON_LISTENER',
    `:protocol ${String(protocol)} is not known; use websocket`,
  )
}
