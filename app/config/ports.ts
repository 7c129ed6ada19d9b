import type { SettingName } from './settings.ts'

/** All that is known about a traffic port. */
interface Port {
  readonly setting: SettingName
  readonly transport: 'tcp' | 'udp'
  /** It opens only when there is a certificate. */
  readonly isTls: boolean
  /** The owner of its sockets: uWebSockets or Node. */
  readonly engine: 'uws' | 'node'
  /** Its connections may speak HTTP/2, on which Node sets TCP_NODELAY by itself. */
  readonly hasHttp2: boolean
  /** The kind of listener that opens it. */
  readonly kind: 'fast' | 'wire' | 'grpc' | 'tcp' | 'udp'
  /** Of kind tcp: the id of its endpoint. */
  readonly endpoint?: string
}

const clear = { transport: 'tcp', isTls: false, engine: 'node', hasHttp2: false } as const
const overTls = { ...clear, isTls: true } as const
const fast = { kind: 'fast', engine: 'uws' } as const
const wire = { kind: 'wire', hasHttp2: true } as const
const grpc = { kind: 'grpc', hasHttp2: true } as const

/** Every traffic port once, by its listener's name in logs, metrics and `/configz`. */
export const ports = {
  http: { ...clear, ...fast, setting: 'http.port' },
  https: { ...overTls, ...fast, setting: 'https.port' },
  wire: { ...clear, ...wire, setting: 'wire.port' },
  wireTls: { ...overTls, ...wire, setting: 'wire.tlsPort' },
  grpc: { ...clear, ...grpc, setting: 'grpc.port' },
  grpcTls: { ...overTls, ...grpc, setting: 'grpc.tlsPort' },
  tcpEcho: { ...clear, kind: 'tcp', setting: 'tcp.echoPort', endpoint: 'tcp-echo' },
  tcpDiscard: { ...clear, kind: 'tcp', setting: 'tcp.discardPort', endpoint: 'tcp-discard' },
  tcpPayload: { ...clear, kind: 'tcp', setting: 'tcp.payloadPort', endpoint: 'tcp-payload' },
  tcpTlsEcho: { ...overTls, kind: 'tcp', setting: 'tcp.tlsEchoPort', endpoint: 'tcp-echo' },
  udpEcho: { ...clear, transport: 'udp', kind: 'udp', setting: 'udp.echoPort' },
} as const satisfies Readonly<Record<string, Port>>

export type PortName = keyof typeof ports

/** In the order of the table. */
export const portNames = Object.keys(ports) as readonly PortName[]

/** Whether a certificate is set. TLS ports stay closed without one. */
export function hasCertificate(config: {
  readonly 'tls.certFile': string | undefined
  readonly 'tls.selfSigned': boolean
}): boolean {
  return config['tls.certFile'] !== undefined || config['tls.selfSigned']
}
