import type { Buffered } from '../budgets/buffered.ts'
import type { Connections } from '../budgets/connections.ts'
import { type PortName, portNames, ports as rows } from '../config/ports.ts'
import type { Config } from '../config/settings.ts'
import type { Origin } from '../endpoints/endpoint.ts'
import {
  grpcPaths,
  grpcRows,
  httpPaths,
  httpRows,
  tcpRows,
  unknownPathRow,
  wsRows,
} from '../endpoints/table.ts'
import type { TcpEndpoint } from '../endpoints/tcp/tcp-endpoint.ts'
import type { Ledger } from '../evidence/ledger/ledger.ts'
import { FastListener } from '../listeners/fast/listener.ts'
import { FastWebSockets } from '../listeners/fast/ws.ts'
import { GrpcListener } from '../listeners/grpc/listener.ts'
import { probesUncounted } from '../listeners/http/probes.ts'
import type { RateLimit } from '../listeners/http/rate-limit.ts'
import { createPlaces } from '../listeners/http/record.ts'
import type { Listener } from '../listeners/listener.ts'
import type { TlsContexts } from '../listeners/port/node-tls.ts'
import type { TcpSettings } from '../listeners/port/shared-port.ts'
import { TcpListener } from '../listeners/raw/tcp.ts'
import { UdpListener } from '../listeners/raw/udp.ts'
import { WireListener } from '../listeners/wire/listener.ts'
import type { Slabs } from '../telemetry/slab.ts'
import type { Witness } from '../telemetry/witness.ts'
import type { WorkerData } from './messages.ts'

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
  readonly rateLimit: RateLimit
  readonly witness: () => Witness | undefined
  readonly ledger: Ledger
  readonly onBug: (error: unknown) => void
}

/** What a listener of each kind needs. */
interface Parts extends Shared {
  readonly data: WorkerData
  readonly tcp: TcpSettings
}

/** A listener of some kind, on the port of that name. */
type Create = (parts: Parts, name: PortName, port: number) => Listener

const creators: Readonly<Record<(typeof rows)[PortName]['kind'], Create>> = {
  fast: createFast,
  wire: createWire,
  grpc: createGrpc,
  tcp: createTcp,
  udp: ({ data, slabs, onBug }, name, port) =>
    new UdpListener({ name, port, onBug, host: data.host, slab: slabs.udp }),
}

/** The listeners of one worker, not open yet: one for each port that is configured. */
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
  return portNames.flatMap((name) => {
    const port = ports[name]
    return port === undefined ? [] : [creators[rows[name].kind](parts, name, port)]
  })
}

function createFast(parts: Parts, name: PortName, port: number): Listener {
  const { data, origin, connections, slabs, buffered, rateLimit, witness, ledger, onBug } = parts
  const places = createPlaces({ slab: slabs.fast, witness, ledger }, httpPaths)
  const shared = { origin, connections, buffered, rateLimit, places, onBug, slab: slabs.fast }
  return new FastListener({
    ...shared,
    name,
    host: data.host,
    port,
    ...(rows[name].isTls && data.tls && { tls: data.tls }),
    rows: probesUncounted(httpRows, slabs.fast),
    unknownPathRow,
    webSockets: new FastWebSockets({ ...shared, rows: wsRows }),
  })
}

function createWire(parts: Parts, name: PortName, port: number): Listener {
  const { data, config, tcp, contexts, origin, connections, slabs, buffered, witness, onBug } =
    parts
  return new WireListener({
    name,
    host: data.host,
    port,
    tcp,
    contexts: rows[name].isTls ? contexts : undefined,
    origin,
    connections,
    places: createPlaces({ slab: slabs.wire, witness, ledger: parts.ledger }, httpPaths),
    onBug,
    slab: slabs.wire,
    buffered,
    rows: probesUncounted(httpRows, slabs.wire),
    rateLimit: parts.rateLimit,
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
    contexts: rows[name].isTls ? contexts : undefined,
    origin,
    connections,
    places: createPlaces({ slab: slabs.grpc, witness, ledger: parts.ledger }, grpcPaths),
    onBug,
    slab: slabs.grpc,
    buffered,
    rateLimit: parts.rateLimit,
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

function createTcp(parts: Parts, name: PortName, port: number): Listener {
  const { data, config, tcp, contexts, origin, connections, slabs, buffered, onBug } = parts
  return new TcpListener({
    name,
    host: data.host,
    port,
    tcp,
    ...(rows[name].isTls && contexts && { contexts }),
    origin,
    connections,
    onBug,
    slab: slabs.tcp,
    buffered,
    row: tcpRowOf(name),
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

function tcpRowOf(name: PortName): TcpEndpoint {
  const port = rows[name]
  const row = tcpRows.find(({ id }) => 'endpoint' in port && id === port.endpoint)
  if (row === undefined) throw new Error(`no TCP endpoint for ${name} (config/ports.ts)`)
  return row
}
