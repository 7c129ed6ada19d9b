import { existsSync } from 'node:fs'

import { type PortName, hasCertificate, portNames, ports as rows } from '../config/ports.ts'
import type { Config } from '../config/settings.ts'
import { cannotListen } from '../listeners/port/refused-port.ts'
import type { Ports } from './messages.ts'
import { type HeldPort, holdFreePort } from './sockets/free-port.ts'
import { isTaken } from './sockets/taken-port.ts'

/** Ports, and a function that releases those that were found free. Call it once, when workers have opened them. */
export interface FoundPorts {
  readonly ports: Ports
  /** Ports that another process had open before and shares with us, if they can be opened. */
  readonly taken: readonly PortName[]
  readonly release: () => void
}

/** The traffic ports that all workers share. 0 means any free port, which is found once for all of them. */
export async function portsFor(config: Config): Promise<FoundPorts> {
  const host = reachableHost(config['http.host'])
  const hasTls = hasCertificate(config)
  const ports: Partial<Record<PortName, number | undefined>> = {}
  const held: HeldPort[] = []
  const taken: PortName[] = []
  for (const name of portNames) {
    const { setting, transport, isTls } = rows[name]
    const asked = config[setting]
    const isClosed = asked === 'none' || (isTls && !hasTls)
    if (isClosed || asked !== 0) {
      ports[name] = isClosed ? undefined : asked
      if (!isClosed && (await isTaken(host, asked, transport))) taken.push(name)
      continue
    }
    const one = await holdFreePort(host, transport).catch((error: Error) => {
      throw cannotListen({ name, host, port: 0 }, error)
    })
    held.push(one)
    ports[name] = one.port
  }
  const release = (): void => {
    for (const one of held.splice(0)) one.release()
  }
  // Safe: the loop above went through every name.
  return { ports: ports as Ports, taken, release }
}

/** `::` accepts IPv4, too, but cannot be opened where the kernel has no IPv6. */
export function reachableHost(host: string): string {
  return host === '::' && !existsSync('/proc/net/if_inet6') ? '0.0.0.0' : host
}

/**
 * The host of a URL that leads to the traffic ports: the one they listen on, or where they listen on all, the one
 * in the Host header of the request.
 */
export function hostForUrl(listening: string, hostHeader = ''): string {
  const isAll = listening === '::' || listening === '0.0.0.0'
  if (!isAll) return listening.includes(':') ? `[${listening}]` : listening
  const match = /^([\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/i.exec(hostHeader)
  return match?.[1] ?? 'localhost'
}
