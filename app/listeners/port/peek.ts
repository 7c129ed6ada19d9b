import type { Socket } from 'node:net'

/** What the first bytes of a connection are, and how many of them are consumed. */
export interface Peeked<T> {
  readonly value: T
  readonly taken: number
}

/** How a connection is looked at. */
export interface PeekOptions<T> {
  /** Longest silence before it is known; 0 is no limit. */
  readonly idleMs: number
  /** Undefined while more bytes are needed, 'bad' to end the connection. */
  readonly look: (bytes: Buffer) => Peeked<T> | 'bad' | undefined
  /** The bytes that were not taken are back in the socket, which is paused. */
  readonly go: (value: T) => void
}

/**
 * Looks at the first bytes of a connection before its protocol does. A connection that ends or stays silent too long
 * before its protocol is known is closed.
 */
export function peek<T>(socket: Socket, { idleMs, look, go }: PeekOptions<T>): void {
  let bytes: Buffer = Buffer.alloc(0)
  const end = (): void => socket.destroySoon()
  const take = (piece: Buffer): void => {
    bytes = bytes.length === 0 ? piece : Buffer.concat([bytes, piece])
    const seen = look(bytes)
    if (seen === undefined) return
    socket.off('data', take).off('end', end).off('timeout', end)
    socket.setTimeout(0)
    socket.pause()
    if (seen === 'bad') return end()
    if (seen.taken < bytes.length) socket.unshift(bytes.subarray(seen.taken))
    go(seen.value)
  }
  socket.setTimeout(idleMs)
  socket.on('data', take).once('end', end).once('timeout', end)
  // An earlier look has left it paused.
  socket.resume()
}
