import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

import type { ConnectionTotals } from '../../budgets/connections.ts'

/** How many connections the admin port may have, and where they are counted. */
export interface AdminConnectionsOptions {
  readonly most: () => number
  readonly totals: ConnectionTotals
}

/**
 * The admin port's connections, which have a share of the files of their own. Every connection is accepted. Past the
 * share, the one that has been silent for longest is closed, so that thousands of idle connections keep no probe and no
 * scrape out.
 */
class AdminConnections {
  readonly #options: AdminConnectionsOptions
  /** Those without a request under way, silent for longest first. */
  readonly #idle = new Set<Socket>()
  readonly #busy = new Set<Socket>()

  constructor(options: AdminConnectionsOptions) {
    this.#options = options
  }

  enter(socket: Socket): void {
    this.#idle.add(socket)
    socket.once('close', () => {
      this.#idle.delete(socket)
      this.#busy.delete(socket)
      this.#count()
    })
    while (this.#idle.size + this.#busy.size > this.#options.most()) {
      // Connections with unread answers are closed last.
      const oldest = firstOf(this.#idle) ?? firstOf(this.#busy) ?? socket
      this.#idle.delete(oldest)
      this.#busy.delete(oldest)
      this.#options.totals.adminRejected++
      // Closes the file in this turn.
      oldest.destroy()
    }
    this.#count()
  }

  occupy(socket: Socket, response: ServerResponse): void {
    this.#idle.delete(socket)
    this.#busy.add(socket)
    response.once('close', () => {
      // The next request of the same connection may be under way by now.
      if (socket.destroyed || !this.#busy.delete(socket)) return
      this.#idle.add(socket)
    })
  }

  #count(): void {
    this.#options.totals.admin = this.#idle.size + this.#busy.size
  }
}

/** Keeps the connections of the admin port's server within their share from now on. */
export function followConnections(server: Server, options: AdminConnectionsOptions): void {
  const connections = new AdminConnections(options)
  server.on('connection', (socket) => connections.enter(socket))
  server.on('request', ({ socket }, response) => connections.occupy(socket, response))
}

function firstOf<T>(values: ReadonlySet<T>): T | undefined {
  for (const value of values) return value
  return undefined
}
