import type { Buffered } from '../budgets/buffered.ts'
import type { Connections } from '../budgets/connections.ts'
import type { Config } from '../config/settings.ts'
import type { Origin } from '../endpoints/endpoint.ts'
import { grpcRows, httpRows, unknownPathRow, wsRows } from '../endpoints/table.ts'
import { tcpDiscard } from '../endpoints/tcp/tcp-discard.ts'
import { tcpEcho } from '../endpoints/tcp/tcp-echo.ts'
import type { TcpEndpoint } from '../endpoints/tcp/tcp-endpoint.ts'
import { tcpPayload } from '../endpoints/tcp/tcp-payload.ts'
import { FastListener } from '../listeners/fast/listener.ts'
import { FastWebSockets } from '../listeners/fast/ws.ts'
import { GrpcListener } from '../listeners/grpc/listener.ts'
import type { Listener } from '../listeners/listener.ts'
import type { TlsContexts } from '../listeners/port/node-tls.ts'
import type { TcpSettings } from '../listeners/port/shared-port.ts'
import { TcpListener } from '../listeners/raw/tcp.ts'
import { UdpListener } from '../listeners/raw/udp.ts'
import { WireListener } from '../listeners/wire/listener.ts'
import type { Slabs } from '../telemetry/slab.ts'
import type { Witness } from '../telemetry/witness.ts'
import type { PortName, WorkerData } from './messages.ts'

/** What all listeners of a worker share. */
export interface Shared {
  /** As it is now: settings of class hot change while we serve. */
  readonly config: () => Config
  /** The certificates of all TLS ports on Node's engine; undefined without TLS. */
  readonly contexts: TlsContexts | undefined
  readonly origin: Origin
  /** Where the connections of all listeners are admitted. */
  readonly connections: Connections
  readonly slabs: Slabs
  readonly buffered: Buffered
  readonly witness: () => Witness | undefined
  readonly onBug: (error: unknown) => void
}

/** What each kind of listener is made of. */
interface Parts extends Shared {
  readonly data: WorkerData
  readonly tcp: TcpSettings
}

/** One listener of a kind, on a port. */
type Create = (parts: Parts, name: PortName, port: number) => Listener

/** How the listener of each port is made. */
const kinds: Readonly<Record<PortName, Create>> = {
  http: (parts, name, port) => createFast(parts, name, port),
  https: (parts, name, port) => createFast(parts, name, port),
  wire: (parts, name, port) => createWire(parts, name, port),
  wireTls: (parts, name, port) => createWire(parts, name, port),
  grpc: (parts, name, port) => createGrpc(parts, name, port),
  grpcTls: (parts, name, port) => createGrpc(parts, name, port),
  tcpEcho: (parts, name, port) => createTcp(parts, tcpEcho, { name, port }),
  tcpDiscard: (parts, name, port) => createTcp(parts, tcpDiscard, { name, port }),
  tcpPayload: (parts, name, port) => createTcp(parts, tcpPayload, { name, port }),
  tcpTlsEcho: (parts, name, port) => createTcp(parts, tcpEcho, { name, port }),
  udpEcho: ({ data, slabs, onBug }, name, port) =>
    new UdpListener({ name, port, onBug, host: data.host, slab: slabs.udp }),
}

/** The listeners of one worker, not open yet: one for each port there is. */
export function createListeners(data: WorkerData, shared: Shared): readonly Listener[] {
  const { ports, config } = data
  const parts = {
    ...shared,
    data,
    tcp: {
      backlog: config['tcp.backlog'],
      noDelay: config['tcp.noDelay'],
      keepAliveMs: config['tcp.keepAlive'],
    },
  }
  return (Object.keys(kinds) as PortName[]).flatMap((name) => {
    const port = ports[name]
    return port === undefined ? [] : [kinds[name](parts, name, port)]
  })
}

function createFast(parts: Parts, name: string, port: number): Listener {
  const { data, origin, connections, slabs, buffered, witness, onBug } = parts
  const shared = { origin, connections, buffered, witness, onBug, slab: slabs.fast }
  return new FastListener({
    ...shared,
    name,
    host: data.host,
    port,
    ...(name === 'https' && data.tls && { tls: data.tls }),
    rows: httpRows,
    unknownPathRow,
    webSockets: new FastWebSockets({ ...shared, rows: wsRows, firstRoute: httpRows.length }),
  })
}

function createWire(parts: Parts, name: string, port: number): Listener {
  const { data, config, tcp, contexts, origin, connections, slabs, buffered, witness, onBug } =
    parts
  return new WireListener({
    name,
    host: data.host,
    port,
    tcp,
    contexts: name === 'wireTls' ? contexts : undefined,
    origin,
    connections,
    witness,
    onBug,
    slab: slabs.wire,
    buffered,
    rows: httpRows,
    wsRows,
    unknownPathRow,
    headerBytes: data.config['limits.headerBytes'],
    tuning: () => ({
      idleMs: config()['keepAlive.idle'],
      requests: config()['keepAlive.requests'],
      proxyProtocol: config()['wire.proxyProtocol'],
    }),
  })
}

function createGrpc(parts: Parts, name: PortName, port: number): Listener {
  const { data, config, tcp, contexts, origin, connections, slabs, buffered, witness, onBug } =
    parts
  return new GrpcListener({
    name: name === 'grpcTls' ? 'grpcTls' : 'grpc',
    host: data.host,
    port,
    tcp,
    contexts: name === 'grpcTls' ? contexts : undefined,
    origin,
    connections,
    witness,
    onBug,
    slab: slabs.grpc,
    buffered,
    rows: grpcRows,
    messageLimitBytes: data.config['grpc.messageLimit'],
    tuning: () => ({
      status: config()['grpc.status'],
      delayMs: config()['grpc.delay'],
      resetStream: config()['grpc.resetStream'],
      goawayAfter: config()['grpc.goawayAfter'],
      maxConnectionAgeMs: config()['grpc.maxConnectionAge'],
      hasFaults: config()['faults.enabled'],
    }),
  })
}

function createTcp(
  parts: Parts,
  row: TcpEndpoint,
  { name, port }: { readonly name: PortName; readonly port: number },
): Listener {
  const { data, config, tcp, contexts, origin, connections, slabs, buffered, onBug } = parts
  return new TcpListener({
    name,
    host: data.host,
    port,
    tcp,
    ...(name === 'tcpTlsEcho' && contexts && { contexts }),
    origin,
    connections,
    onBug,
    slab: slabs.tcp,
    buffered,
    row,
    tuning: () => ({
      greeting: config()['tcp.greeting'],
      resetAfterBytes: config()['tcp.resetAfter'],
      connectionBytes: config()['tcp.connectionBytes'],
      connectionTimeMs: config()['tcp.connectionTime'],
      idleMs: config()['tcp.idle'],
      hasFaults: config()['faults.enabled'],
    }),
  })
}
