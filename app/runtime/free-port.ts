import { type AddressInfo, createServer } from 'node:net'

/**
 * A port nobody listens on, for settings that say 0. Asked for here and opened by the workers a moment
 * later, because the engine does not share a port that the kernel picked.
 */
export function findFreePort(host: string): Promise<number> {
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
