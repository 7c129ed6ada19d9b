// Socket options from both sides: what is requested, and what the kernel has. All of it is plain JSON.

/** What the settings `tcp.*` request for every TCP port. */
export interface TcpOptions {
  readonly fastOpen: boolean
  readonly deferAccept: boolean
  readonly reusePort: boolean
  readonly backlog: number
  readonly noDelay: boolean
  /** 0 is off. */
  readonly keepAliveMs: number
}

/** A TCP port this process listens on, and its owner. */
export interface OpenPort {
  /** Name of its listener: 'http', 'wire' ... */
  readonly listener: string
  readonly port: number
  readonly engine: 'uws' | 'node'
  /** Whether its connections may speak HTTP/2, on which Node sets TCP_NODELAY by itself. */
  readonly hasHttp2?: boolean
}

/** One option as the settings request it and as getsockopt returns it. */
export interface SocketOptionReport {
  readonly asked: boolean | number
  /**
   * In the unit of `asked`, except for fastOpen, where it is the length of the queue, and deferAccept,
   * where it is seconds: both are 0 when off. Null where it is not known.
   */
  readonly kernel: boolean | number | null
  /** Why the two differ, or why `kernel` is null, or why connections have something else; in one sentence. */
  readonly note?: string
}

/** A port with every option of its listening sockets. */
export type SocketReport = {
  readonly listener: string
  readonly port: number
  /** Listening sockets the process has on this port: one for each worker that has opened it so far. */
  readonly sockets: number
} & { readonly [Name in keyof TcpOptions]: SocketOptionReport }

/** A report; `tell` gives each option. */
export function createSocketReport(
  { listener, port }: OpenPort,
  sockets: number,
  tell: (name: keyof TcpOptions) => SocketOptionReport,
): SocketReport {
  return {
    listener,
    port,
    sockets,
    fastOpen: tell('fastOpen'),
    deferAccept: tell('deferAccept'),
    reusePort: tell('reusePort'),
    backlog: tell('backlog'),
    noDelay: tell('noDelay'),
    keepAliveMs: tell('keepAliveMs'),
  }
}
