import type { ListeningSocket } from './kernel.ts'
import type { OpenPort, TcpOptions } from './report.ts'

/** A setting of the kernel's own; undefined where it cannot be read. */
export type Sysctl = (name: 'net.core.somaxconn' | 'net.ipv4.tcp_fastopen') => number | undefined

/** What the note on one option may depend on. `kernel` is what `read` returned. */
export interface Finding {
  readonly asked: TcpOptions
  readonly port: OpenPort
  readonly kernel: number
  readonly sysctl: Sysctl
}

/** One option of a listening socket. */
export interface SocketOptionRow {
  /** The value that `read` is to return in the end; undefined for options that are only read. */
  readonly wanted: (asked: TcpOptions, engine: OpenPort['engine']) => number | undefined
  /** The kernel's value. Throws what the kernel refuses, as `write` does. */
  readonly read: (socket: ListeningSocket) => number
  readonly write: (socket: ListeningSocket, wanted: number) => void
  /** Whether `read` returns 0 and 1 for no and yes. */
  readonly isFlag: boolean
  /** Why the value in force is not the requested one, in one sentence; undefined when they agree. */
  readonly note: (finding: Finding) => string | undefined
}

// Clients that have sent data with their SYN and whose handshake is not over; RFC 7413 5.1 wants a
// limit against forged SYNs.
const fastOpenQueue = 256
// The kernel counts in SYN-ACKs sent again: a silent client is accepted after the first of them, about a second after
// it came.
const deferSeconds = 1
// Shortest and longest that the kernel counts with (MAX_TCP_KEEPIDLE).
const keepIdleSeconds = { least: 1, most: 32_767 }
// Ten probes a second apart: what Node asks for on its connections, so both engines behave alike.
const keepInterval = { seconds: 1, probes: 10 }
const fastOpenForServers = 2

const refused = 'the kernel has not taken it over'

const fastOpen: SocketOptionRow = {
  wanted: ({ fastOpen: isAsked }) => (isAsked ? fastOpenQueue : 0),
  read: (socket) => socket.read('TCP_FASTOPEN'),
  write: (socket, wanted) => socket.write('TCP_FASTOPEN', wanted),
  isFlag: false,
  note({ asked, kernel, sysctl }) {
    if (!asked.fastOpen) return kernel === 0 ? undefined : refused
    const mode = sysctl('net.ipv4.tcp_fastopen')
    if (mode === undefined) {
      return 'the queue is there; net.ipv4.tcp_fastopen, which must have 2 in it, cannot be read'
    }
    if ((mode & fastOpenForServers) === 0) {
      return `the queue is there, but no SYN's data is taken: net.ipv4.tcp_fastopen is ${mode} and must have 2 in it, as 3 has`
    }
    return kernel < fastOpenQueue ? cappedBySomaxconn(fastOpenQueue, sysctl) : undefined
  },
}

const deferAccept: SocketOptionRow = {
  wanted: ({ deferAccept: isAsked }) => (isAsked ? deferSeconds : 0),
  read: (socket) => socket.read('TCP_DEFER_ACCEPT'),
  write: (socket, wanted) => socket.write('TCP_DEFER_ACCEPT', wanted),
  isFlag: false,
  note: ({ asked, kernel }) => (asked.deferAccept === kernel > 0 ? undefined : refused),
}

const reusePort: SocketOptionRow = {
  wanted: () => undefined,
  read: (socket) => socket.read('SO_REUSEPORT'),
  write: () => {},
  isFlag: true,
  note({ asked, kernel }) {
    if (asked.reusePort === (kernel === 1)) return undefined
    return asked.reusePort
      ? 'the port was opened without it, and it cannot be switched on afterwards'
      : 'false is not applied: workers share each port by it'
  },
}

const backlog: SocketOptionRow = {
  wanted: (asked) => asked.backlog,
  read: (socket) => socket.backlog,
  write: (socket, wanted) => {
    socket.backlog = wanted
  },
  isFlag: false,
  note: ({ asked, kernel, sysctl }) =>
    kernel === asked.backlog ? undefined : cappedBySomaxconn(asked.backlog, sysctl),
}

const noDelay: SocketOptionRow = {
  // What its connections will have, so that the listening socket does not say otherwise.
  wanted: (asked, engine) => Number(asked.noDelay || engine === 'uws'),
  read: (socket) => socket.read('TCP_NODELAY'),
  write: (socket, wanted) => socket.write('TCP_NODELAY', wanted),
  isFlag: true,
  note({ asked, port, kernel }) {
    if (asked.noDelay) return kernel === 1 ? undefined : refused
    if (port.engine === 'uws') {
      return 'false has no effect here: uWebSockets sets TCP_NODELAY on every connection it accepts'
    }
    return port.hasHttp2 === true
      ? 'connections that speak HTTP/2 have it all the same: Node sets TCP_NODELAY on them'
      : undefined
  },
}

const keepAliveMs: SocketOptionRow = {
  wanted: (asked) => keepIdle(asked.keepAliveMs) * 1000,
  read: (socket) => (socket.read('SO_KEEPALIVE') === 0 ? 0 : socket.read('TCP_KEEPIDLE') * 1000),
  write(socket, wanted) {
    if (wanted > 0) {
      socket.write('TCP_KEEPIDLE', wanted / 1000)
      socket.write('TCP_KEEPINTVL', keepInterval.seconds)
      socket.write('TCP_KEEPCNT', keepInterval.probes)
    }
    socket.write('SO_KEEPALIVE', Number(wanted > 0))
  },
  isFlag: false,
  note: ({ asked, kernel }) =>
    asked.keepAliveMs === kernel
      ? undefined
      : `the kernel counts whole seconds from ${keepIdleSeconds.least} to ${keepIdleSeconds.most}`,
}

/** Every option by its name in a report. Units are those of `TcpOptions`, with exceptions: */
export const socketOptionRows = {
  /** Length of its queue; 0 is off. */
  fastOpen,
  /**
   * Seconds; 0 is off. A connection is held back until the client has sent something or closed, so a
   * protocol in which the server speaks first (a greeting, the SETTINGS of HTTP/2 and gRPC) and a probe
   * that only connects and waits are a second late.
   */
  deferAccept,
  reusePort,
  backlog,
  noDelay,
  /** Connections inherit it, as they do `noDelay`. */
  keepAliveMs,
} as const satisfies Readonly<Record<keyof TcpOptions, SocketOptionRow>>

function keepIdle(ms: number): number {
  const { least, most } = keepIdleSeconds
  return ms === 0 ? 0 : Math.min(most, Math.max(least, Math.ceil(ms / 1000)))
}

function cappedBySomaxconn(asked: number, sysctl: Sysctl): string {
  const limit = sysctl('net.core.somaxconn')
  if (limit === undefined) return 'net.core.somaxconn, which caps it, cannot be read'
  return limit < asked
    ? `${asked} is more than net.core.somaxconn allows, which is ${limit}`
    : refused
}
