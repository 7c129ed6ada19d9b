/** A client's socket, of whatever kind. */
interface Left {
  destroy(): unknown
  once(event: 'close', listener: () => void): unknown
}

const left = new Set<Left>()

/** Has the socket destroyed at the end of the file, in case its test fails before it does so itself. */
export function remember(socket: Left): void {
  left.add(socket)
  socket.once('close', () => left.delete(socket))
}

export function destroyLeftovers(): void {
  for (const socket of left) socket.destroy()
}
