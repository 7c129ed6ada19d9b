import { createSocket } from 'node:dgram'
import { type AddressInfo, createServer } from 'node:net'

/** A port that is reserved until `release`. */
export interface HeldPort {
  readonly port: number
  readonly release: () => void
}

/**
 * Takes a free port, for settings that say 0, because the engine does not share a port that the kernel picked. The port
 * is held until the workers have opened it beside us (SO_REUSEPORT). If it were released before, the kernel might give
 * it to a client's connection, as it did once in 500 starts under load.
 */
export function holdFreePort(host: string, transport: 'tcp' | 'udp'): Promise<HeldPort> {
  return transport === 'udp' ? holdUdpPort(host) : holdTcpPort(host)
}

function holdTcpPort(host: string): Promise<HeldPort> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host, port: 0, reusePort: true }, () => {
      // It listens on TCP, so the address is not a pipe's name.
      const { port } = server.address() as AddressInfo
      resolve({ port, release: () => server.close() })
    })
  })
}

function holdUdpPort(host: string): Promise<HeldPort> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', reusePort: true })
    socket.once('error', reject)
    socket.bind(0, host, () => {
      const { port } = socket.address()
      resolve({ port, release: () => socket.close() })
    })
  })
}
