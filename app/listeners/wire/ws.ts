import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Duplex } from 'node:stream'

import { type WebSocket, WebSocketServer } from 'ws'

import type { Buffered } from '../../budgets/buffered.ts'
import type { Origin } from '../../endpoints/endpoint.ts'
import { createBindTarget, createRouter } from '../../endpoints/target.ts'
import type { Conversation, Socket, WsEndpoint } from '../../endpoints/ws/ws-endpoint.ts'
import { OriginError } from '../../errors.ts'
import type { Slab } from '../../telemetry/slab.ts'
import type { Fields } from '../../traffic/faults/plan.ts'
import { CountedSocket } from '../http/counted-socket.ts'
import type { Limited, RateLimit } from '../http/rate-limit.ts'
import type { ExchangeRecord } from '../http/record.ts'
import {
  checkHandshake,
  checkVersion,
  chooseProtocol,
  webSocketLimits,
} from '../http/ws-handshake.ts'
import { BentConnection } from '../port/bent-connection.ts'
import type { WireExchange } from './exchange.ts'
import { closeCodeOf, cutOf } from './ws-cut.ts'
import { type WireWsFaults, groupFields } from './ws-faults.ts'
import { WireMessages } from './ws-held.ts'
import { type WireSocket, dismiss, keepAwake, send, webSocketOn } from './ws-socket.ts'

/** What the WebSocket rows of a wire listener need. */
export interface WireWsOptions {
  readonly rows: readonly WsEndpoint[]
  readonly origin: Origin
  readonly slab: Slab
  readonly buffered: Buffered
  readonly rateLimit: RateLimit
  readonly onBug: (error: unknown) => void
}

/** A handshake as both kinds of HTTP have it. */
export interface WireHandshake extends Limited {
  readonly query: string
  /** A value by lower-case name, or ''. */
  readonly header: (name: string) => string
}

/** A handshake that was agreed to. */
export interface Agreement {
  readonly row: WsEndpoint
  readonly conversation: Conversation
  /** '' for none. */
  readonly protocol: string
}

/** Whose WebSocket it becomes, and what goes wrong with it on purpose. */
export interface Handshaking {
  readonly exchange: WireExchange
  readonly record: ExchangeRecord
  readonly faults?: WireWsFaults
}

/** The WebSocket rows on a wire listener, over HTTP/1.1 (RFC 6455) and HTTP/2 (RFC 8441). */
export class WireWebSockets {
  readonly #options: WireWsOptions
  readonly #find: (path: string) => WsEndpoint | undefined
  readonly #open = new Set<WireSocket>()
  readonly #bent = new Set<BentConnection>()
  readonly #extraFields = new WeakMap<IncomingMessage, Fields>()
  readonly #server: WebSocketServer
  #isClosing = false

  constructor(options: WireWsOptions) {
    this.#options = options
    this.#find = createRouter(options.rows)
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: webSocketLimits.messageBytes,
      perMessageDeflate: false,
      handleProtocols: (offered) => chooseProtocol([...offered].join(',')) || false,
    })
    this.#server.on('headers', (lines, request) => {
      for (const [name, value] of this.#extraFields.get(request) ?? []) {
        lines.push(`${name}: ${value}`)
      }
    })
  }

  /** The row that has a path, whatever was asked of it. */
  find(path: string): WsEndpoint | undefined {
    return this.#find(path)
  }

  /** Agrees to a handshake or throws its refusal. `isConnect` is HTTP/2's, without Upgrade and key. */
  agree(handshake: WireHandshake, isConnect: boolean): Agreement {
    const { path, query, header } = handshake
    const { origin, rateLimit, slab } = this.#options
    const row = this.#find(path)
    if (row === undefined) {
      throw new OriginError('INVALID_REQUEST', `no WebSocket at ${path}; use /ws`)
    }
    if (isConnect) checkVersion(header('sec-websocket-version') || '13')
    else checkKey(header)
    rateLimit.check(handshake, slab)
    const values = createBindTarget(row)(path, query, origin.limits())
    const protocol = chooseProtocol(header('sec-websocket-protocol'))
    return { row, conversation: row.converse(origin, values), protocol }
  }

  /** Answers 101 and speaks. */
  upgrade(
    { conversation, protocol }: Agreement,
    { request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
    handshaking: Handshaking,
  ): void {
    const { faults } = handshaking
    // The library wants a single word, and refuses a list with empty members; RFC 9110 has servers take both (7.8,
    // 5.6.1). Its refusal would be HTML, and counted as the 101 it is not.
    request.headers.upgrade = 'websocket'
    if (protocol === '') delete request.headers['sec-websocket-protocol']
    else request.headers['sec-websocket-protocol'] = protocol
    if (faults !== undefined) this.#extraFields.set(request, faults.headers)
    const below = this.#bend(socket, faults)
    this.#server.handleUpgrade(request, below, head, (webSocket) => {
      this.#converse(webSocket, { below, conversation, ...handshaking })
    })
  }

  /** Answers 200 to an extended CONNECT and speaks on its stream. */
  connect(
    { conversation, protocol }: Agreement,
    { stream }: Http2ServerResponse,
    handshaking: Handshaking,
  ): void {
    const { faults } = handshaking
    stream.respond({
      ':status': 200,
      ...(protocol !== '' && { 'sec-websocket-protocol': protocol }),
      ...groupFields(faults?.headers ?? []),
    })
    const below = this.#bend(stream, faults)
    this.#converse(webSocketOn(below), { below, conversation, ...handshaking })
  }

  #bend(socket: Duplex, faults: WireWsFaults | undefined): Duplex {
    if (faults === undefined) return socket
    const bent = new BentConnection(socket, faults.bending)
    this.#bent.add(bent)
    bent.once('close', () => this.#bent.delete(bent))
    return bent
  }

  /** Says 1001 to every socket, spread evenly so that not all clients come back at once. */
  drain(spreadMs: number): void {
    for (const bent of this.#bent) bent.hurry()
    const sockets = [...this.#open]
    for (const [index, socket] of sockets.entries()) {
      setTimeout(() => dismiss(socket), (spreadMs * index) / sockets.length)
    }
  }

  /** The port closes: open WebSockets, and those still to come, get 1001. */
  stopAccepting(): void {
    this.#isClosing = true
    this.drain(0)
  }

  #converse(
    socket: WebSocket,
    { below, conversation, exchange, record }: Handshaking & Spoken,
  ): void {
    const { slab, buffered, onBug } = this.#options
    const wire: WireSocket = { socket, record: record.agreed() }
    const held = new WireMessages(wire, below, this.#options)
    if (below instanceof BentConnection) below.begin()
    const guard = (act: () => void): void => {
      try {
        act()
      } catch (error) {
        onBug(error)
      }
    }
    const isOpen = (): boolean => socket.readyState === socket.OPEN
    const bare: Socket = {
      send: (message: string | ArrayBuffer, isBinary: boolean) =>
        send(socket, {
          message,
          isBinary,
          drained: () => {
            socket.resume()
            held.charge()
            guard(() => conversation.drain?.(peer))
          },
        }),
      end: (code: number, reason: string) => socket.close(code, reason),
    }
    const peer: Socket = new CountedSocket(wire.record?.noting(bare, isOpen) ?? bare, slab)
    const stopPings = keepAwake(wire)
    this.#open.add(wire)
    slab.add('webSocketsOpen', 1)
    socket.on('message', (data: Buffer, isBinary) => {
      slab.messageIn(data.length)
      wire.record?.received(data.length)
      held.message()
      guard(() => conversation.message?.(peer, Uint8Array.from(data).buffer, isBinary))
      held.charge()
      if (buffered.isShort && socket.bufferedAmount > unreadBytes) socket.pause()
    })
    socket.on('ping', () => wire.record?.pinged())
    // What breaks the protocol is closed by the library with the right code; 'close' follows.
    socket.on('error', (error) => wire.record?.closes(closeCodeOf(error)))
    socket.once('close', (code) => {
      stopPings()
      this.#open.delete(wire)
      slab.add('webSocketsOpen', -1)
      guard(() => conversation.close?.())
      wire.record?.closed(code, cutOf(exchange))
    })
    guard(() => conversation.open?.(peer))
    if (this.#isClosing) dismiss(wire)
  }
}

/** What a WebSocket runs on, and what is said on it. */
interface Spoken {
  readonly below: Duplex
  readonly conversation: Conversation
}

// Once half of limits.buffered is used, no more is read from a client that leaves this much unread. Without that, 100
// clients that sent 64 KiB messages and read no echo brought 460 MB/s, more than could be freed: a pod of 256 MiB was
// killed in one run of the siege, and now uses 168 MiB at most.
const unreadBytes = 64 * 1024

function checkKey(header: WireHandshake['header']): void {
  checkHandshake(header)
  if (!/^[+/\dA-Za-z]{22}==$/.test(header('sec-websocket-key'))) {
    throw new OriginError('INVALID_REQUEST', 'Sec-WebSocket-Key must be 16 bytes in base64')
  }
}

/** Whether an HTTP/2 request is an extended CONNECT for a WebSocket (RFC 8441 4). */
export function isWebSocketConnect({ headers }: Http2ServerRequest): boolean {
  return headers[':protocol'] === 'websocket'
}
