import { existsSync } from 'node:fs'

import type { Config } from '../settings.ts'
import { findFreePort } from './free-port.ts'
import type { Ports } from './messages.ts'

/** The traffic ports all workers share: 0 is any free one, and it is found once for all of them. */
export async function portsFor(config: Config): Promise<Ports> {
  const host = reachableHost(config['http.host'])
  const open = async (port: number): Promise<number> => (port === 0 ? findFreePort(host) : port)
  const hasTls = config['tls.certFile'] !== undefined || config['tls.selfSigned']
  return {
    http: await open(config['http.port']),
    https: hasTls ? await open(config['https.port']) : undefined,
  }
}

/** `::` takes IPv4 too, but cannot be opened where the kernel has no IPv6. */
export function reachableHost(host: string): string {
  return host === '::' && !existsSync('/proc/net/if_inet6') ? '0.0.0.0' : host
}
