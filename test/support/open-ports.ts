// TCP ports as the listeners open theirs, and what is asked of them.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import type { TestContext } from 'node:test'

import HyperExpress from 'hyper-express'

import { applySocketOptions } from '../../app/runtime/sockets/options.ts'
import type { OpenPort, SocketReport, TcpOptions } from '../../app/runtime/sockets/report.ts'
import { freePort } from './ports.ts'
import { within } from './wait.ts'

/** What is asked in most tests: a backlog that is nobody's default and below every somaxconn. */
export const usual: TcpOptions = {
  fastOpen: true,
  deferAccept: false,
  reusePort: true,
  backlog: 101,
  noDelay: true,
  keepAliveMs: 30_000,
}
/** The other way round, wherever there are two. */
export const unlike: TcpOptions = {
  fastOpen: false,
  deferAccept: true,
  reusePort: false,
  backlog: 77,
  noDelay: false,
  keepAliveMs: 0,
}

type Serve = (socket: Socket) => void

/** A port as the listeners on Node open theirs; it ends with the test. */
export async function openNode(
  t: TestContext,
  {
    host = '127.0.0.1',
    port = 0,
    serve = () => {},
  }: { host?: string; port?: number; serve?: Serve },
): Promise<OpenPort> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    socket.on('error', () => {})
    sockets.add(socket)
    serve(socket)
  })
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  server.listen({ host, port, reusePort: true })
  await once(server, 'listening')
  // It listens on TCP, so the address is not a pipe's name.
  return { listener: 'tcpEcho', port: (server.address() as AddressInfo).port, engine: 'node' }
}

/** A port of uWebSockets that answers one byte. */
export async function openUws(t: TestContext): Promise<OpenPort> {
  const server = new HyperExpress.Server({ auto_close: false })
  server.uws_instance.any('/', (response) => void response.end('x'))
  const port = await freePort()
  await server.listen(port, '127.0.0.1')
  t.after(() => {
    server.close()
    server.uws_instance.close()
  })
  return { listener: 'http', port, engine: 'uws' }
}

/** Connects and says something; resolves with what is answered first. */
export async function call(t: TestContext, port: number, text: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port })
  t.after(() => socket.destroy())
  socket.write(text, 'latin1')
  const [data] = await within(`an answer of port ${port}`, once(socket, 'data'))
  return String(data)
}

/** The report of one port. */
export async function applyOne(port: OpenPort, asked: TcpOptions): Promise<SocketReport> {
  const [report] = await applySocketOptions([port], asked)
  assert.ok(report !== undefined)
  assert.deepEqual([report.listener, report.port], [port.listener, port.port])
  return report
}
