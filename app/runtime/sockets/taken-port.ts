import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

/** Whether a process already has the port open, shared (SO_REUSEPORT) or not. */
export function isTaken(host: string, port: number, transport: 'tcp' | 'udp'): Promise<boolean> {
  return transport === 'udp' ? isUdpTaken(host, port) : isTcpTaken(host, port)
}

// Without SO_REUSEPORT the kernel refuses a port that is in use. Other errors are reported when the port is opened.
function isTcpTaken(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve(isInUse(error)))
    server.listen({ host, port }, () => server.close(() => resolve(false)))
  })
}

function isUdpTaken(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    socket.once('error', (error) => {
      socket.close()
      resolve(isInUse(error))
    })
    socket.bind(port, host, () => socket.close(() => resolve(false)))
  })
}

function isInUse(error: Error): boolean {
  return 'code' in error && error.code === 'EADDRINUSE'
}
