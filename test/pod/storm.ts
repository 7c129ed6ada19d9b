import { type Socket, connect } from 'node:net'

import type { OpenPorts } from '../support/origin.ts'

export const MiB = 2 ** 20

export const againMs = 200

/** What came of an attack so far. */
export interface Spoils {
  /** Connections or streams that were opened. */
  opened: number
  /** Bytes that the kernel or the HTTP/2 session took. */
  sentBytes: number
  /** Those the other side ended. */
  cut: number
  /** How often each status came back. */
  readonly statuses: Record<string, number>
}

/** Attacks `count` times at once; what was cut comes back, until it was opened three times as often. */
export type Attack = (ports: OpenPorts, count: number, spoils: Spoils) => void

/** One of the attackers. */
export interface Client {
  readonly port: number
  /** Called when the connection stands. */
  readonly begin: (socket: Socket) => void
  /** Nothing that comes is read. */
  readonly isDeaf?: boolean
  /** Called with what comes; else statuses are counted. */
  readonly heard?: (socket: Socket, bytes: Buffer) => void
}

/** Opens `count` connections at once, and again those that were cut. */
export function storm(
  { port, begin, isDeaf = false, heard }: Client,
  count: number,
  spoils: Spoils,
): void {
  let left = 3 * count
  const come = (): void => {
    if (left-- <= 0) return
    const socket = connect({ port, host: '127.0.0.1' })
    if (isDeaf) socket.pause()
    else socket.on('data', (bytes) => (heard ?? countStatus(spoils))(socket, bytes))
    socket.once('connect', () => {
      spoils.opened++
      begin(socket)
    })
    socket.on('error', () => {})
    socket.once('close', () => {
      spoils.sentBytes += socket.bytesWritten
      spoils.cut++
      setTimeout(come, againMs)
    })
  }
  for (let place = 0; place < count; place++) come()
}

export function countStatus({ statuses }: Spoils): (socket: Socket, bytes: Buffer) => void {
  return (_socket, bytes) => {
    const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(bytes.toString('latin1', 0, 12)) ?? []
    if (status !== undefined) statuses[status] = (statuses[status] ?? 0) + 1
  }
}

/** Writes `piece` again and again as the socket takes it, up to `most` bytes. */
export function pour(piece: Buffer, most: number): (socket: Socket) => void {
  return (socket) => {
    let left = most
    const more = (): void => {
      while (left > 0 && !socket.destroyed) {
        left -= piece.length
        if (!socket.write(piece)) return
      }
    }
    socket.on('drain', more)
    more()
  }
}
