import { once } from 'node:events'
import { type Socket, connect } from 'node:net'

// Below the engine's backlog of 512, past which connecting takes a second and more.
const batch = 200

/** `count` connections, from `localAddress`, that each ask for `target` (or for nothing) and read nothing of the answer. */
export async function gather(
  port: number,
  {
    count,
    target,
    localAddress = '127.0.0.1',
  }: { readonly count: number; readonly target?: string; readonly localAddress?: string },
): Promise<readonly Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(batch, count - sockets.length) }, () => {
      const socket = connect({ port, host: '127.0.0.1', localAddress })
      // Before it is connected, so that not even the first bytes are taken from the kernel.
      socket.pause()
      socket.on('error', () => {})
      return socket
    })
    await Promise.all(some.map((socket) => once(socket, 'connect')))
    if (target !== undefined) {
      for (const socket of some) socket.write(`GET ${target} HTTP/1.1\r\nHost: origin\r\n\r\n`)
    }
    sockets.push(...some)
  }
  return sockets
}

/** Has each socket take a little now and then, until the returned function is called. */
export function trickle(sockets: readonly Socket[]): () => void {
  const timer = setInterval(() => {
    for (const socket of sockets) socket.read(100)
  }, 50)
  return () => clearInterval(timer)
}

export function disperse(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy()
}
