import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { connect as connectTls } from 'node:tls'

import type { ports } from '../../app/config/ports.ts'
import { remember } from './leftovers.ts'
import { type TestOrigin, type TestSettings, startOrigin } from './origin.ts'
import { RawSocket } from './raw-socket.ts'
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

/** A client of a TCP service, over TLS where the port is one of TLS. */
export async function openTcp(
  origin: TestOrigin,
  name: TcpPortName,
  host: '127.0.0.1' | '::1' = '127.0.0.1',
): Promise<RawSocket> {
  const place = { port: portOf(origin, name), host, allowHalfOpen: true }
  // The certificate is made at start, so there is nobody who could have signed it.
  const isTls = name === 'tcpTlsEcho'
  const socket = isTls ? connectTls({ ...place, rejectUnauthorized: false }) : connect(place)
  remember(socket)
  const peer = new RawSocket(socket)
  await within(`a connection to ${name}`, once(socket, isTls ? 'secureConnect' : 'connect'))
  return peer
}

/** An origin with these settings, as a maker of connections to it; `connections` are those it has open. */
export async function tcpOrigin(
  t: TestContext,
  settings: TestSettings,
): Promise<{
  readonly origin: TestOrigin
  readonly open: (name: TcpPortName) => Promise<RawSocket>
  readonly connections: () => Promise<number | undefined>
}> {
  const origin = await startOrigin(t, { ...tcpSettings, ...settings })
  return {
    origin,
    open: (name) => openTcp(origin, name),
    connections: () => openTcpConnections(origin),
  }
}

/** Connections the origin has open on its TCP ports, by its own metrics. */
export async function openTcpConnections(origin: TestOrigin): Promise<number | undefined> {
  const numbers = await scrape(origin)
  return numbers.value('hpdummy_connections', { listener: 'tcp', state: 'open' })
}
