import { portNames, ports as rows } from '../../config/ports.ts'
import type { Config } from '../../config/settings.ts'
import type { Quota } from '../machine/quota.ts'
import type { Ports } from '../messages.ts'
import { giveBackLargeBlocks } from './give-back.ts'
import { applySocketOptions } from './options.ts'
import { limitReceiveBuffers } from './receive-buffer.ts'
import type { OpenPort, SocketReport, TcpOptions } from './report.ts'

/** What the settings request for every TCP port. */
export function tcpOptions(config: Config): TcpOptions {
  return {
    fastOpen: config['tcp.fastOpen'],
    deferAccept: config['tcp.deferAccept'],
    reusePort: config['tcp.reusePort'],
    backlog: config['tcp.backlog'],
    noDelay: config['tcp.noDelay'],
    keepAliveMs: config['tcp.keepAlive'],
  }
}

/** The TCP ports that are open, and their listeners. */
export function tcpPorts(ports: Ports): readonly OpenPort[] {
  return portNames.flatMap((listener) => {
    const port = ports[listener]
    const { transport, engine, hasHttp2 } = rows[listener]
    return port === undefined || transport === 'udp' ? [] : [{ listener, port, engine, hasHttp2 }]
  })
}

/**
 * Sets up the listening sockets of these ports as the settings and the memory limit require, and returns what they have
 * then.
 */
export async function setUpSockets(
  ports: Ports,
  config: Config,
  { memoryBytes }: Pick<Quota, 'memoryBytes'>,
): Promise<readonly SocketReport[]> {
  const open = tcpPorts(ports)
  if (memoryBytes !== undefined) {
    await giveBackLargeBlocks()
    await limitReceiveBuffers(open)
  }
  return applySocketOptions(open, tcpOptions(config))
}
