import { createSocket } from 'node:dgram'
import { type AddressInfo, createServer } from 'node:net'

/**
 * A port nobody listens on, for settings that say 0. Asked for here and opened by the workers a moment
 * later, because the engine does not share a port that the kernel picked. The kernel gives ports out in
 * no order, and one just let go is not the next.
 */
export function findFreePort(
  host: string,
  kind: 'clear' | 'tls' | 'udp' = 'clear',
): Promise<number> {
  return kind === 'udp' ? freeUdpPort(host) : freeTcpPort(host)
}

function freeTcpPort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host, port: 0 }, () => {
      // It listens on TCP, so the address is not a pipe's name.
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

function freeUdpPort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    socket.once('error', reject)
    socket.bind(0, host, () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}
