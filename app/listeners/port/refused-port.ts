import { createServer } from 'node:net'

/** A port that could not be opened. */
export interface RefusedPort {
  /** The listener's name in logs. */
  readonly name: string
  readonly host: string
  readonly port: number
}

/** The error for it: a sentence that says why (`error` is Node's), and what to do. */
export function cannotListen({ name, host, port }: RefusedPort, error: Error): Error {
  const code = 'code' in error ? String(error.code) : ''
  const why = reasons[code]?.(host, port) ?? error.message
  return new Error(`${name}: cannot listen on ${host} port ${port}: ${why}`)
}

// errno(3), bind(2), getaddrinfo(3).
const reasons: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (_host, port) =>
    `it is in use by another process; choose another port, or end that process (ss -lntup "sport = :${port}" names it)`,
  EACCES: () =>
    'not permitted; ports below 1024 need root or CAP_NET_BIND_SERVICE, so choose one from 1024 up',
  EADDRNOTAVAIL: (host) =>
    `no such address: this machine does not have ${host}; use :: for all that it has`,
  ENOTFOUND: noSuchHost,
  EAI_AGAIN: noSuchHost,
  EAFNOSUPPORT: () => 'this machine has no IPv6; use an IPv4 address, such as 0.0.0.0 for all',
}

function noSuchHost(host: string): string {
  return `no such host: no address is known for ${host}; use an address, such as :: for all`
}

/**
 * Why a TCP port cannot be opened beside others that share it, for an engine that does not give a reason; undefined
 * when it can.
 */
export async function whyRefused(host: string, port: number): Promise<Error | undefined> {
  return await new Promise((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen({ host, port, reusePort: true }, () => server.close(() => resolve(undefined)))
  })
}
