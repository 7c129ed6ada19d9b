import type { Socket } from 'node:net'

import { findDeparted } from '../port/departed.ts'
import type { WireConnection } from './connection.ts'

const lookMs = 5000

interface Followed {
  readonly connection: Pick<WireConnection, 'active'>
  /** At the last look. */
  bytesRead: number
}

/**
 * Connections of HTTP/1 that may not be read: too many requests wait, or a body is read slowly. If a client resets its
 * connection meanwhile, or vanishes, we would notice only when something is written to it, and until then its requests
 * go on: `/delay/1h` for an hour.
 */
export class StoppedConnections {
  readonly #followed = new Map<Socket, Followed>()
  #timer: NodeJS.Timeout | undefined

  follow(socket: Socket, connection: Pick<WireConnection, 'active'>): void {
    this.#timer ??= setInterval(() => void this.#look(), lookMs).unref()
    this.#followed.set(socket, { connection, bytesRead: -1 })
    socket.once('close', () => this.#followed.delete(socket))
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    const silent: Socket[] = []
    for (const [socket, followed] of this.#followed) {
      if (followed.connection.active > 0 && socket.bytesRead === followed.bytesRead) {
        silent.push(socket)
      }
      followed.bytesRead = socket.bytesRead
    }
    for (const socket of await findDeparted(silent)) socket.destroy()
  }
}
