import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type Socket, connect } from 'node:net'
import type { TestContext } from 'node:test'
import { connect as connectTls } from 'node:tls'

import { ports } from '../../app/config/ports.ts'
import { remember } from './leftovers.ts'
import { type TestOrigin, type TestSettings, startOrigin } from './origin.ts'
import { scrape } from './scrape.ts'
import { within } from './wait.ts'

/** Opens the TCP and UDP ports, in clear and over TLS, and none that these tests do not need. */
export const tcpSettings: TestSettings = {
  'http.host': existsSync('/proc/net/if_inet6') ? '::' : '127.0.0.1',
  'wire.port': 'none',
  'wire.tlsPort': 'none',
  'grpc.port': 'none',
  'grpc.tlsPort': 'none',
  'tcp.echoPort': 0,
  'tcp.discardPort': 0,
  'tcp.payloadPort': 0,
  'tcp.tlsEchoPort': 0,
  'udp.echoPort': 0,
  'tls.selfSigned': true,
}

type Ports = typeof ports

/** The ports of TCP and UDP services, out of the one table. */
export type TcpPortName = {
  [Name in keyof Ports]: Ports[Name]['kind'] extends 'tcp' | 'udp' ? Name : never
}[keyof Ports]

/** The port of a service, as the origin says at its start. */
export function portOf({ ready }: TestOrigin, name: TcpPortName): number {
  const port = (ready['ports'] as Readonly<Record<string, number>>)[name]
  if (port === undefined) throw new Error(`the origin has no port ${name}`)
  return port
}

/** Why a test over IPv6 is skipped, or false. */
export const withoutIpv6 = existsSync('/proc/net/if_inet6') ? false : 'the kernel has no IPv6'

/** How a connection ended: by FIN, or by an error such as ECONNRESET. */
export type TcpEnd = 'FIN' | (string & {})

/** A client of a TCP service that keeps all it gets. */
export class TcpPeer {
  readonly socket: Socket
  /** Resolves when nothing more will come. */
  readonly ended: Promise<TcpEnd>
  #pieces: Buffer[] = []
  #bytes = 0
  #wake: (() => void) | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (piece: Buffer) => {
      this.#pieces.push(piece)
      this.#bytes += piece.length
      this.#wake?.()
    })
    this.ended = new Promise((resolve) => {
      socket.once('end', () => resolve('FIN'))
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      socket.once('close', () => resolve('closed here'))
    })
  }

  /** Connects, over TLS where the port is one of TLS. */
  static async open(
    origin: TestOrigin,
    name: TcpPortName,
    host: '127.0.0.1' | '::1' = '127.0.0.1',
  ): Promise<TcpPeer> {
    const place = { port: portOf(origin, name), host, allowHalfOpen: true }
    // The certificate is made at start, so there is nobody who could have signed it.
    const { isTls } = ports[name]
    const socket = isTls ? connectTls({ ...place, rejectUnauthorized: false }) : connect(place)
    remember(socket)
    const peer = new TcpPeer(socket)
    await within(`a connection to ${name}`, once(socket, isTls ? 'secureConnect' : 'connect'))
    return peer
  }

  /** Text is sent as latin1, so that every byte can be written down. */
  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** Sends FIN; the other way stays open. */
  finish(): void {
    this.socket.end()
  }

  leave(): void {
    this.socket.destroy()
  }

  /** The next so many bytes. */
  async read(bytes: number): Promise<Buffer> {
    await within(`${bytes} bytes, of which ${this.#bytes} came`, this.#untilHas(bytes), {
      ms: 30_000,
    })
    const all = Buffer.concat(this.#pieces)
    this.#pieces = [all.subarray(bytes)]
    this.#bytes = all.length - bytes
    return all.subarray(0, bytes)
  }

  /** How it ended, and what came until then. */
  async rest(ms = 30_000): Promise<{ readonly end: TcpEnd; readonly bytes: Buffer }> {
    const end = await within('the end of the connection', this.ended, { ms })
    return { end, bytes: Buffer.concat(this.#pieces) }
  }

  async #untilHas(bytes: number): Promise<void> {
    while (this.#bytes < bytes) {
      const more = new Promise<void>((resolve) => (this.#wake = resolve))
      await Promise.race([more, this.ended.then((end) => this.#complain(end, bytes))])
    }
  }

  #complain(end: TcpEnd, bytes: number): void {
    if (this.#bytes < bytes)
      throw new Error(`ended (${end}) after ${this.#bytes} of ${bytes} bytes`)
  }
}

/** An origin with these settings, as a maker of connections to it; `connections` are those it has open. */
export async function tcpOrigin(
  t: TestContext,
  settings: TestSettings,
): Promise<{
  readonly open: (name: TcpPortName) => Promise<TcpPeer>
  readonly connections: () => Promise<number | undefined>
}> {
  const origin = await startOrigin(t, { ...tcpSettings, ...settings })
  return {
    open: (name) => TcpPeer.open(origin, name),
    connections: () => openTcpConnections(origin),
  }
}

/** Connections the origin has open on its TCP ports, by its own metrics. */
export async function openTcpConnections(origin: TestOrigin): Promise<number | undefined> {
  const numbers = await scrape(origin)
  return numbers.value('hpdummy_connections', { listener: 'tcp', state: 'open' })
}
