import type {
  HttpRequest,
  HttpResponse,
  WebSocket,
  WebSocketBehavior,
  us_socket_context_t,
} from 'uWebSockets.js'

import type { Buffered } from '../../budgets/buffered.ts'
import type { Connections } from '../../budgets/connections.ts'
import type { Origin } from '../../endpoints/endpoint.ts'
import { type BindTarget, createBindTarget, routePatterns } from '../../endpoints/target.ts'
import type { Conversation, Socket, WsEndpoint } from '../../endpoints/ws/ws-endpoint.ts'
import { errorCodes } from '../../errors.ts'
import type { Slab } from '../../telemetry/slab.ts'
import { CountedSocket } from '../http/counted-socket.ts'
import { joinedValue } from '../http/header-list.ts'
import { planText, refuseForHandshake } from '../http/injection.ts'
import type { RateLimit } from '../http/rate-limit.ts'
import { ExchangeRecord, type Places, type RecordPlace } from '../http/record.ts'
import {
  checkHandshake,
  chooseProtocol,
  notAHandshake,
  webSocketLimits,
} from '../http/ws-handshake.ts'
import type { WebSocketRecord } from '../http/ws-record.ts'
import { FastAnswer } from './answer.ts'
import type { Routes } from './engine-app.ts'
import { FastExchange, type FastPort } from './exchange.ts'
import { cutOf } from './ws-cut.ts'
import { type Held, HeldMessages } from './ws-held.ts'

interface SocketData {
  readonly conversation: Conversation
  /** The socket as the conversation has it; there is one once it is open. */
  peer?: Socket
  readonly held: Held
  /** Its record in the arrival ledger, where it has one. */
  readonly record: WebSocketRecord | undefined
}

/** What the WebSocket rows of one listener need. */
export interface WebSocketOptions {
  readonly rows: readonly WsEndpoint[]
  readonly places: Places
  readonly origin: Origin
  readonly slab: Slab
  readonly connections: Connections
  readonly buffered: Buffered
  readonly rateLimit: RateLimit
  readonly onBug: (error: unknown) => void
}

/** A row as this listener serves it. */
interface Route {
  readonly row: WsEndpoint
  readonly place: RecordPlace
  readonly bind: BindTarget
  readonly port: FastPort
}

/** The WebSocket rows on one listener, and the sockets open there. */
export class FastWebSockets {
  readonly #options: WebSocketOptions
  readonly #open = new Set<WebSocket<SocketData>>()
  readonly #held: HeldMessages<SocketData>
  #isClosing = false

  constructor(options: WebSocketOptions) {
    this.#options = options
    this.#held = new HeldMessages(this.#open, options.slab, options.buffered)
  }

  register(app: Routes, port: FastPort): void {
    const { rows, places } = this.#options
    for (const row of rows) {
      const route = { row, place: places(row.path), bind: createBindTarget(row), port }
      for (const pattern of routePatterns(row)) {
        app.ws<SocketData>(pattern, this.#behavior(route))
        app.any(pattern, (response, request) => this.#refusePlain(route, response, request))
      }
    }
  }

  /** Says 1001 to every socket, spread evenly so that not all clients come back at once. */
  drain(spreadMs: number): void {
    const sockets = [...this.#open]
    for (const [index, socket] of sockets.entries()) {
      setTimeout(() => this.#dismiss(socket), (spreadMs * index) / sockets.length)
    }
  }

  #dismiss(socket: WebSocket<SocketData>): void {
    if (!this.#open.has(socket)) return
    socket.getUserData().record?.closes(errorCodes.DRAINING.ws)
    socket.end(errorCodes.DRAINING.ws, 'Server shutting down')
  }

  /**
   * The port closes: WebSockets that came since the drain began get 1001, and those still to come get it at once. Until
   * then handshakes are accepted like other requests: a load balancer that has not noticed the drain would pass each
   * refusal on to its client (8 and 128 in 10 restarts behind HAProxy and nginx).
   */
  stopAccepting(): void {
    this.#isClosing = true
    this.drain(0)
  }

  #behavior(route: Route): WebSocketBehavior<SocketData> {
    const { slab, connections } = this.#options
    return {
      maxPayloadLength: webSocketLimits.messageBytes,
      maxBackpressure: webSocketLimits.queuedBytes,
      closeOnBackpressureLimit: true,
      idleTimeout: webSocketLimits.idleSeconds,
      upgrade: (response, request, context) => this.#upgrade(route, { response, request, context }),
      open: (socket) => {
        this.#open.add(socket)
        this.#held.opened(socket, socket.getUserData().held)
        slab.add('webSocketsOpen', 1)
        const data = socket.getUserData()
        const isOpen = (): boolean => this.#open.has(socket)
        data.peer = new CountedSocket(data.record?.noting(socket, isOpen) ?? socket, slab)
        data.conversation.open?.(data.peer)
        if (this.#isClosing) this.#dismiss(socket)
      },
      message: (socket, message, isBinary) => {
        slab.messageIn(message.byteLength)
        const { conversation, held, peer = socket, record } = socket.getUserData()
        const bytes = message.byteLength
        record?.received(bytes)
        conversation.message?.(peer, message, isBinary)
        if (this.#open.has(socket)) this.#held.heard(socket, held, bytes)
      },
      drain: (socket) => {
        const { conversation, held, peer = socket } = socket.getUserData()
        this.#held.drained(held, socket.getBufferedAmount())
        conversation.drain?.(peer)
      },
      ping: (socket) => socket.getUserData().record?.pinged(),
      pong: (socket) => this.#held.answered(socket.getUserData().held),
      close: (socket, code, reason) => {
        const { conversation, held, record } = socket.getUserData()
        this.#open.delete(socket)
        this.#held.drained(held, 0)
        slab.add('webSocketsOpen', -1)
        // The engine's filter tells of a connection's end only while it is HTTP.
        slab.add('connectionsOpen', -1)
        connections.leave(route.port.sources.closed(), 'recounted')
        conversation.close?.()
        record?.closed(code, cutOf(reason))
      },
    }
  }

  #upgrade(route: Route, handshake: Handshake): void {
    const { response, request, context } = handshake
    const headers: string[] = []
    request.forEach((name, value) => void headers.push(name, value))
    const header = (name: string): string => joinedValue(headers, name)
    const exchange = new FastExchange(route.port, response, request)
    try {
      checkHandshake(header)
      refuseForHandshake({
        origin: exchange.origin,
        query: exchange.query,
        planText: () => planText(headers),
      })
      this.#options.rateLimit.check(exchange, this.#options.slab)
      const conversation = this.#agree(route, request)
      const protocol = chooseProtocol(header('sec-websocket-protocol'))
      // As the engine read it: the first of several.
      const key = request.getHeader('sec-websocket-key')
      const extensions = header('sec-websocket-extensions')
      const record = new ExchangeRecord(route.place, exchange)
      exchange.arrival?.capture()
      const held = this.#held.create()
      const data = { conversation, held, record: record.agreed() }
      response.upgrade<SocketData>(data, key, protocol, extensions, context)
      record.end(101)
    } catch (error) {
      this.#refuse(route, response, { exchange, error })
    }
  }

  #agree({ row, bind }: Route, request: HttpRequest): Conversation {
    const { origin } = this.#options
    const query = (request.getQuery() as string | undefined) ?? ''
    return row.converse(origin, bind(request.getUrl(), query, origin.limits()))
  }

  #refusePlain(route: Route, response: HttpResponse, request: HttpRequest): void {
    const error = notAHandshake(request.getCaseSensitiveMethod())
    const exchange = new FastExchange(route.port, response, request)
    this.#refuse(route, response, { exchange, error })
  }

  #refuse(
    route: Route,
    response: HttpResponse,
    { exchange, error }: { readonly exchange: FastExchange; readonly error: unknown },
  ): void {
    const { origin, buffered, onBug } = this.#options
    const { isDraining } = origin
    const context = { place: route.place, buffered, onBug, isDraining }
    const answer = new FastAnswer(context, response, exchange)
    answer.send(answer.refusal(error))
  }
}

interface Handshake {
  readonly response: HttpResponse
  readonly request: HttpRequest
  readonly context: us_socket_context_t
}
