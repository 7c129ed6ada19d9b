import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'

/** Has a server listen on a free port of 127.0.0.1 and gives the port. */
export async function openPort(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // It listens on TCP, so the address is not a pipe's name.
  return (server.address() as AddressInfo).port
}
