import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

import type { Buffered } from '../../budgets/buffered.ts'
import type { Connections } from '../../budgets/connections.ts'
import type { Origin } from '../../endpoints/endpoint.ts'
import type { TcpEndpoint } from '../../endpoints/tcp/tcp-endpoint.ts'
import type { Slab } from '../../telemetry/slab.ts'
import type { Listener } from '../listener.ts'
import type { TlsContexts } from '../port/node-tls.ts'
import { SharedPort, type TcpSettings } from '../port/shared-port.ts'
import { TcpConnection } from './tcp-connection.ts'
import { sufferingStream } from './tcp-faults.ts'
import type { TcpTuning } from './tcp-tuning.ts'

/** One TCP port and what it serves. */
export interface TcpOptions {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly tcp: TcpSettings
  /** Set where connections are TLS. */
  readonly contexts?: TlsContexts
  readonly origin: Origin
  /** The section of the label `tcp`. */
  readonly slab: Slab
  readonly connections: Connections
  readonly buffered: Buffered
  readonly row: TcpEndpoint
  /** Read once per connection, at its start: a change applies to later connections. */
  readonly tuning: () => TcpTuning
  readonly onBug: (error: unknown) => void
}

/**
 * A TCP endpoint on a port. TCP cannot announce an end, so a drain first changes nothing. When the port closes,
 * connections are ended by FIN, spread evenly so that not all clients come back at once: what was read by then is
 * answered, a payload of known size is finished, an endless one ends there.
 */
export class TcpListener implements Listener {
  readonly name: string
  readonly #options: TcpOptions
  readonly #port: SharedPort
  readonly #connections = new Set<TcpConnection>()
  #spreadMs = 0
  #isLeaving = false

  constructor(options: TcpOptions) {
    const { name, host, port, tcp, slab, connections, contexts } = options
    this.name = name
    this.#options = options
    this.#port = new SharedPort({
      name,
      host,
      port,
      tcp,
      slab,
      connections,
      ...(contexts && { tls: { contexts } }),
      onConnection: (socket) => this.#serve(socket),
    })
  }

  open(): Promise<void> {
    return this.#port.open()
  }

  drain(spreadMs: number): void {
    this.#spreadMs = spreadMs
    for (const connection of this.#connections) connection.drain()
  }

  stopAccepting(): void {
    this.#port.stopAccepting()
    this.#isLeaving = true
    const connections = [...this.#connections]
    for (const [index, connection] of connections.entries()) {
      connection.dismiss((this.#spreadMs * index) / connections.length)
    }
  }

  close(): void {
    this.#port.close()
  }

  #serve(socket: Socket | TLSSocket): void {
    if (socket.destroyed) return
    const { row, origin, slab, buffered, tuning, onBug } = this.#options
    const reset = (): void => this.#port.reset(socket)
    const stream = sufferingStream({ socket, row, origin, slab, reset })
    if (stream === undefined) return
    const connection = new TcpConnection({
      socket: stream,
      row,
      origin,
      slab,
      buffered,
      onBug,
      tuning: tuning(),
      reset,
      onClosed: () => this.#connections.delete(connection),
    })
    this.#connections.add(connection)
    connection.start()
    if (origin.isDraining()) connection.drain()
    if (this.#isLeaving) connection.dismiss(this.#spreadMs)
  }
}
