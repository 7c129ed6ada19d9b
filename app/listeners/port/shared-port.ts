import { type Server, type Socket, createServer } from 'node:net'
import { type Server as TlsServer, TLSSocket } from 'node:tls'

import type { Connections } from '../../budgets/connections.ts'
import { monotonicMs } from '../../telemetry/clock.ts'
import { rejections } from '../../telemetry/rejections.ts'
import type { Slab } from '../../telemetry/slab.ts'
import type { TlsContexts } from './node-tls.ts'
import { cannotListen } from './refused-port.ts'
import { quietPortMs } from './waits.ts'

/** How connections are accepted and kept (settings `tcp.*`). */
export interface TcpSettings {
  readonly backlog: number
  readonly noDelay: boolean
  /** 0 is never. */
  readonly keepAliveMs: number
}

/** A TCP port that all workers open, each with a queue of its own (SO_REUSEPORT). */
export interface SharedPortOptions {
  /** Its name in errors and in the log. */
  readonly name: string
  readonly host: string
  readonly port: number
  readonly tcp: TcpSettings
  /** Counts connections of the listener that this port belongs to. */
  readonly slab: Slab
  /** Where connections are admitted. */
  readonly connections: Connections
  readonly tls?: { readonly contexts: TlsContexts; readonly alpn?: readonly string[] }
  /**
   * Looks at a connection first, as the PROXY protocol needs. Calls `go` when the rest is for TLS or for
   * `onConnection`, or destroys the socket.
   */
  readonly precede?: (socket: Socket, go: () => void) => void
  /** There is a new connection; over TLS its handshake is done. */
  readonly onConnection: (socket: Socket | TLSSocket) => void
}

/**
 * Opens a TCP port in this worker, counts its connections, and closes it so that as few as possible of
 * those the kernel has queued are reset: right after an accept, which empties the queue.
 */
export class SharedPort {
  readonly #options: SharedPortOptions
  readonly #server: Server
  readonly #tlsServer: TlsServer | undefined
  readonly #sockets = new Set<Socket>()
  #isOpen = false
  #isLeaving = false

  constructor(options: SharedPortOptions) {
    const { tls, tcp, onConnection } = options
    this.#options = options
    this.#server = createServer(
      {
        // Each protocol on these ports decides itself when to answer a FIN.
        allowHalfOpen: true,
        noDelay: tcp.noDelay,
        keepAlive: tcp.keepAliveMs > 0,
        // Whole seconds: Node rounds down, so the value is rounded up first.
        keepAliveInitialDelay: Math.ceil(tcp.keepAliveMs / 1000) * 1000,
      },
      (socket) => this.#accept(socket),
    )
    this.#tlsServer = tls?.contexts.createServer({
      ...(tls.alpn && { alpn: tls.alpn }),
      onConnection,
    })
  }

  open(): Promise<void> {
    const { host, port, tcp, name } = this.#options
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) => {
        reject(cannotListen({ name, host, port }, error))
      })
      this.#server.listen({ host, port, reusePort: true, backlog: tcp.backlog }, () => {
        this.#isOpen = true
        this.#options.slab.add('portsOpen', 1)
        // Node reports here that descriptors have run out. The connection stays in the queue.
        this.#server.on('error', () => {})
        resolve()
      })
    })
  }

  /** Connections open now. */
  get sockets(): ReadonlySet<Socket> {
    return this.#sockets
  }

  stopAccepting(): void {
    this.#isLeaving = true
    setTimeout(() => this.#closePort(), quietPortMs)
  }

  /** Resets a connection (RST). Over TLS it resets the socket below, because TLS itself can only say goodbye. */
  reset(socket: Socket | TLSSocket): void {
    if (!(socket instanceof TLSSocket)) return resetNow(socket)
    const { remoteAddress, remotePort } = socket
    for (const below of this.#sockets) {
      if (below.remotePort === remotePort && below.remoteAddress === remoteAddress) resetNow(below)
    }
    socket.destroy()
  }

  close(): void {
    this.#closePort()
    for (const socket of this.#sockets) socket.destroy()
  }

  #closePort(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#server.close()
    this.#options.slab.add('portsOpen', -1)
  }

  #accept(socket: Socket): void {
    const { slab, connections, precede } = this.#options
    slab.arrive(monotonicMs())
    if (this.#isLeaving) setImmediate(() => this.#closePort())
    // Before a PROXY header is read: the limit counts files, and the peer that has connected takes one.
    const address = socket.remoteAddress ?? ''
    const refusal = connections.enter(address, 'told')
    if (refusal !== undefined) {
      slab.add(rejections[refusal], 1)
      socket.destroy()
      return
    }
    slab.add('connectionsOpen', 1)
    slab.add('connectionsOpened', 1)
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      slab.add('connectionsOpen', -1)
      connections.leave(address, 'told')
    })
    // A peer may reset at any time; 'close' follows and is what counts.
    socket.on('error', () => {})
    if (precede === undefined) this.#hand(socket)
    else precede(socket, () => this.#hand(socket))
  }

  #hand(socket: Socket): void {
    if (socket.destroyed) return
    if (this.#tlsServer === undefined) this.#options.onConnection(socket)
    else {
      // Otherwise a client that disconnects mid-handshake goes unnoticed for 120 s.
      socket.allowHalfOpen = false
      this.#tlsServer.emit('connection', socket)
    }
  }
}

// resetAndDestroy() calls destroySoon(), which ends our side first, and which the wire listener has replaced. This does
// the rest of what it does (Node 22, lib/net.js).
function resetNow(socket: Socket): void {
  Object.assign(socket, { resetAndClosing: true })
  socket.destroy()
}
