import { existsSync } from 'node:fs'

import type { Config } from '../config/settings.ts'
import type { PortName, Ports } from './messages.ts'
import { type HeldPort, holdFreePort } from './sockets/free-port.ts'

/** The setting of each port, and whether it opens only when there is a certificate. */
const settingOf = {
  http: ['http.port', 'clear'],
  https: ['https.port', 'tls'],
  wire: ['wire.port', 'clear'],
  wireTls: ['wire.tlsPort', 'tls'],
  grpc: ['grpc.port', 'clear'],
  grpcTls: ['grpc.tlsPort', 'tls'],
  tcpEcho: ['tcp.echoPort', 'clear'],
  tcpDiscard: ['tcp.discardPort', 'clear'],
  tcpPayload: ['tcp.payloadPort', 'clear'],
  tcpTlsEcho: ['tcp.tlsEchoPort', 'tls'],
  udpEcho: ['udp.echoPort', 'udp'],
} as const satisfies Record<PortName, readonly [keyof Config, 'clear' | 'tls' | 'udp']>

/** Ports, and what lets go of those that were found free; to be called once, when workers have opened them. */
export interface FoundPorts {
  readonly ports: Ports
  readonly release: () => void
}

/** The traffic ports all workers share: 0 is any free one, and it is found once for all of them. */
export async function portsFor(config: Config): Promise<FoundPorts> {
  const host = reachableHost(config['http.host'])
  const hasTls = config['tls.certFile'] !== undefined || config['tls.selfSigned']
  const ports: Partial<Record<PortName, number | undefined>> = {}
  const held: HeldPort[] = []
  for (const name of Object.keys(settingOf) as PortName[]) {
    const [setting, kind] = settingOf[name]
    const asked = config[setting]
    const isClosed = asked === 'none' || (kind === 'tls' && !hasTls)
    if (isClosed || asked !== 0) {
      ports[name] = isClosed ? undefined : asked
      continue
    }
    const one = await holdFreePort(host, kind)
    held.push(one)
    ports[name] = one.port
  }
  const release = (): void => {
    for (const one of held.splice(0)) one.release()
  }
  // Every name was gone through.
  return { ports: ports as Ports, release }
}

/** `::` takes IPv4 too, but cannot be opened where the kernel has no IPv6. */
export function reachableHost(host: string): string {
  return host === '::' && !existsSync('/proc/net/if_inet6') ? '0.0.0.0' : host
}

/**
 * The host of a URL that leads to the traffic ports: the one they listen on, or where they listen on all, the one
 * in the Host header of whoever asks.
 */
export function hostForUrl(listening: string, hostHeader = ''): string {
  const isAll = listening === '::' || listening === '0.0.0.0'
  if (!isAll) return listening.includes(':') ? `[${listening}]` : listening
  const match = /^([\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/i.exec(hostHeader)
  return match?.[1] ?? 'localhost'
}
