import type { Socket } from 'node:net'

import { lingerMs } from '../port/waits.ts'

/**
 * Ends a connection after what was written to it. Closing while bytes still arrive resets the connection, and the reset
 * may overtake the answer (RFC 9112 9.6). So our side ends first. The socket is closed when the client has ended its
 * side, or after a second.
 */
export function closeGently(socket: Socket): void {
  if (socket.destroyed || socket.writableEnded) return
  let over: NodeJS.Timeout | undefined
  const closeWhenBoth = (): void => {
    if (socket.writableFinished && socket.readableEnded) socket.destroy()
  }
  socket.once('close', () => clearTimeout(over))
  // The time runs from when the kernel has all of it: a slow reader may take any time.
  socket.once('finish', () => {
    over = setTimeout(() => socket.destroy(), lingerMs).unref()
    closeWhenBoth()
  })
  socket.once('end', closeWhenBoth)
  socket.end()
  socket.resume()
}
