import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

import type { Buffered } from '../../budgets/buffered.ts'
import type { ConnectionAccount } from '../../budgets/connection-accounts.ts'
import type { Connections } from '../../budgets/connections.ts'
import type { Endpoint, Origin } from '../../endpoints/endpoint.ts'
import type { WsEndpoint } from '../../endpoints/ws/ws-endpoint.ts'
import type { Slab } from '../../telemetry/slab.ts'
import type { RateLimit } from '../http/rate-limit.ts'
import type { Places } from '../http/record.ts'
import type { Listener } from '../listener.ts'
import type { TlsContexts } from '../port/node-tls.ts'
import { peek } from '../port/peek.ts'
import { type ProxyHeader, takeProxyHeader } from '../port/proxy-protocol.ts'
import { SharedPort, type TcpSettings } from '../port/shared-port.ts'
import { WireConnection, type WireTuning } from './connection.ts'
import { WireHttp1 } from './http1.ts'
import { WireHttp2 } from './http2.ts'
import { WireRoutes } from './routes.ts'
import { StoppedConnections } from './stopped.ts'
import { WireWebSockets } from './ws.ts'

/** One port of the wire listener and what it serves. */
export interface WireOptions {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly tcp: TcpSettings
  /** Set for the TLS port. */
  readonly contexts: TlsContexts | undefined
  readonly origin: Origin
  readonly slab: Slab
  readonly connections: Connections
  readonly buffered: Buffered
  readonly rateLimit: RateLimit
  readonly rows: readonly Endpoint[]
  readonly wsRows: readonly WsEndpoint[]
  readonly unknownPathRow: Endpoint
  /** Largest request head; more is answered 431. */
  readonly headerBytes: number
  readonly tuning: () => WireTuning
  readonly places: Places
  readonly onBug: (error: unknown) => void
}

// RFC 9113 3.4; its first line is not a request of HTTP/1.
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/**
 * The wire listener: Node's own HTTP servers on one port. The first bytes decide between HTTP/2 and HTTP/1 (prior
 * knowledge, RFC 9113 3.3), or ALPN does. It speaks what the fast listener cannot, to the byte; 13-19 us a request
 * against 5.
 */
export class WireListener implements Listener {
  readonly name: string
  readonly #options: WireOptions
  readonly #port: SharedPort
  readonly #webSockets: WireWebSockets
  readonly #http1: WireHttp1
  readonly #http2: WireHttp2
  // By peer, because a TLS socket does not say which socket it runs on.
  readonly #proxied = new Map<string, ProxyHeader>()
  // Connections whose protocol is not known yet.
  readonly #silent = new Set<Socket>()
  readonly #stopped = new StoppedConnections()
  readonly #account: ConnectionAccount

  constructor(options: WireOptions) {
    const { name, host, port, tcp, slab, connections, contexts } = options
    this.name = name
    this.#options = options
    this.#account = connections.accountOf('wire')
    this.#webSockets = new WireWebSockets({ ...options, rows: options.wsRows })
    const routes = new WireRoutes({ ...options, webSockets: this.#webSockets })
    this.#http1 = new WireHttp1({ ...options, routes, webSockets: this.#webSockets })
    this.#http2 = new WireHttp2({ ...options, routes, webSockets: this.#webSockets })
    this.#port = new SharedPort({
      name,
      host,
      port,
      tcp,
      slab,
      connections,
      // curl offers the last one for HTTP/1.0, and a list without it refuses the handshake (RFC 7301 3.2).
      ...(contexts && { tls: { contexts, alpn: ['h2', 'http/1.1', 'http/1.0'] } }),
      precede: (socket, go) => this.#precede(socket, go),
      onConnection: (socket) => this.#connect(socket),
    })
  }

  open(): Promise<void> {
    return this.#port.open()
  }

  drain(spreadMs: number): void {
    this.#webSockets.drain(spreadMs)
    this.#http2.drain(spreadMs)
  }

  stopAccepting(): void {
    this.#webSockets.stopAccepting()
    this.#port.stopAccepting()
  }

  close(): void {
    this.#port.close()
    this.#stopped.close()
    this.#http1.close()
    this.#http2.close()
  }

  retune(): void {
    this.#http1.retune()
    this.#http2.retune()
    const { idleMs } = this.#options.tuning()
    for (const socket of this.#silent) socket.setTimeout(idleMs)
  }

  // Until `socket` has shown its protocol, the timeout of idle connections applies.
  #await(socket: Socket): void {
    this.#silent.add(socket)
    socket.once('close', () => this.#silent.delete(socket))
  }

  #precede(socket: Socket, go: () => void): void {
    const { proxyProtocol: mode, idleMs } = this.#options.tuning()
    this.#await(socket)
    takeProxyHeader(socket, {
      mode,
      idleMs,
      go: (header) => {
        this.#silent.delete(socket)
        const peer = peerOf(socket)
        if (header !== undefined) {
          this.#proxied.set(peer, header)
          socket.once('close', () => {
            // Another connection may have its address by now.
            if (this.#proxied.get(peer) === header) this.#proxied.delete(peer)
          })
        }
        go()
      },
    })
  }

  #connect(socket: Socket): void {
    const { tuning, slab, buffered, connections } = this.#options
    const id = connections.nextId()
    const proxyProtocol = this.#proxied.get(peerOf(socket))
    const reset = (): void => this.#port.reset(socket)
    const { isDraining } = this.#options.origin
    const account = this.#account
    const parts = { id, account, isDraining, tuning, proxyProtocol, slab, buffered, reset }
    const connection = new WireConnection(socket, parts)
    socket.on('error', () => {})
    if (socket instanceof TLSSocket) {
      if (socket.alpnProtocol === 'h2') this.#http2.take(socket, connection)
      else this.#take1(socket, connection)
      return
    }
    this.#await(socket)
    peek<1 | 2>(socket, {
      idleMs: tuning().idleMs,
      look: (bytes) => lookForPreface(bytes),
      go: (version) => {
        this.#silent.delete(socket)
        if (version === 2) this.#http2.take(socket, connection)
        else this.#take1(socket, connection)
      },
    })
  }

  #take1(socket: Socket, connection: WireConnection): void {
    this.#http1.take(socket, connection)
    this.#stopped.follow(socket, connection)
  }
}

function lookForPreface(bytes: Buffer): { value: 1 | 2; taken: number } | undefined {
  const length = Math.min(bytes.length, preface.length)
  if (!bytes.subarray(0, length).equals(preface.subarray(0, length))) return { value: 1, taken: 0 }
  return length === preface.length ? { value: 2, taken: 0 } : undefined
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
