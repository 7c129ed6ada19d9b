import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

import { until } from './wait.ts'

/** A port that was free a moment ago, for what several share or programs that cannot tell theirs. */
export async function freePort(): Promise<number> {
  const occupied = await occupyPort()
  await occupied.release()
  return occupied.port
}

/** Occupies a port of 127.0.0.1 the way any other program would: alone. */
export async function occupyPort(): Promise<{
  readonly port: number
  readonly release: () => Promise<void>
}> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  // It listens on TCP, so the address is not a pipe's name.
  const { port } = server.address() as AddressInfo
  const release = async (): Promise<void> => {
    server.close()
    await once(server, 'close')
  }
  return { port, release }
}

/** Resolves when somebody accepts connections on the port. */
export async function untilListening(port: number): Promise<void> {
  await until(`somebody listens on ${port}`, () => canConnect(port))
}

export function canConnect(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
