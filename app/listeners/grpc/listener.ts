import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

import type * as Grpc from '@grpc/grpc-js'

import type { Buffered } from '../../budgets/buffered.ts'
import type { Connections } from '../../budgets/connections.ts'
import type { Origin } from '../../endpoints/endpoint.ts'
import type { GrpcEndpoint } from '../../endpoints/grpc/grpc-endpoint.ts'
import { grpcStatuses } from '../../errors.ts'
import { isShortage } from '../../look.ts'
import { rejections } from '../../telemetry/rejections.ts'
import type { Slab } from '../../telemetry/slab.ts'
import type { RateLimit } from '../http/rate-limit.ts'
import type { Places } from '../http/record.ts'
import type { Listener } from '../listener.ts'
import type { TlsContexts } from '../port/node-tls.ts'
import { SharedPort, type TcpSettings } from '../port/shared-port.ts'
import { Turn } from '../port/turn.ts'
import { GrpcCall, type Incoming, type OwnEndpoint } from './call.ts'
import type { GrpcTuning } from './faults.ts'
import { followLibraryCall } from './library-call.ts'
import { type LibraryCall, clampTimeout, http2ServerOf, sendStatus } from './library.ts'
import { requestMetadata } from './metadata.ts'
import type { GrpcPort, GrpcRoute } from './port.ts'
import { recordRefusedCall } from './refused-call.ts'
import { addServices, loadLibrary } from './services.ts'
import { GrpcSession } from './session.ts'
import { Unread, callBytes } from './unread.ts'

/** What a gRPC port of one worker needs. */
export interface GrpcOptions {
  readonly name: 'grpc' | 'grpcTls'
  readonly host: string
  readonly port: number
  readonly tcp: TcpSettings
  /** Set for the port that speaks TLS. */
  readonly contexts?: TlsContexts | undefined
  readonly origin: Origin
  /** The section `grpc`. */
  readonly slab: Slab
  readonly connections: Connections
  readonly buffered: Buffered
  readonly rateLimit: RateLimit
  readonly rows: readonly GrpcEndpoint[]
  readonly places: Places
  readonly onBug: (error: unknown) => void
  /** Largest message received or sent. */
  readonly messageLimitBytes: number
  /** The current settings. */
  readonly tuning: () => GrpcTuning
}

// Open streams on one connection. The limit stops a client that never ends its streams, and one that opens more in a
// turn of the loop than there is memory for: they get at most a quarter of the budget.
const mostStreams = 10_000
const leastStreams = 100
const streamShare = 0.25

function streamsFor({ limitBytes }: Buffered): number {
  const room = Math.floor((limitBytes * streamShare) / callBytes)
  return Math.max(leastStreams, Math.min(mostStreams, room))
}

interface Arriving {
  readonly stream: ServerHttp2Stream
  readonly headers: readonly string[]
}

/** gRPC on one port of one worker: the connections are ours, HTTP/2 is Node's, calls are grpc-js's. */
export class GrpcListener implements Listener {
  readonly name: string
  readonly #options: GrpcOptions
  readonly #port: SharedPort
  readonly #sessions = new Map<ServerHttp2Session, GrpcSession>()
  /** Open calls that a library answers. They may last as long as their clients like. */
  readonly #libraryCalls = new Set<LibraryCall>()
  /** The connection of the next session, set within one turn. */
  #connecting: Socket | undefined
  /** The stream whose call is being made, set within one turn, until the call is followed. */
  #arriving: Arriving | undefined
  #server: Grpc.Server | undefined
  #preparing: Promise<void> | undefined
  #inject: ((socket: Socket) => void) | undefined
  #stopServing = (): void => {}
  #isDraining = false

  constructor(options: GrpcOptions) {
    const { name, host, port, tcp, slab, connections, contexts } = options
    this.name = name
    this.#options = options
    this.#port = new SharedPort({
      name,
      host,
      port,
      tcp,
      slab,
      connections,
      ...(contexts && { tls: { contexts, alpn: ['h2'] } }),
      onConnection: (socket) => this.#connect(socket),
    })
  }

  open(): Promise<void> {
    return this.#port.open()
  }

  /**
   * Makes the server when the first client comes. It takes 10 MiB and 0.1 s in each worker: too much for a small pod
   * whose clients never speak gRPC.
   */
  async #prepare(): Promise<void> {
    const { messageLimitBytes, rows, places } = this.#options
    const library = loadLibrary()
    const routes = new Map<string, GrpcRoute>()
    const port: GrpcPort = {
      ...this.#options,
      library,
      turn: new Turn(),
      scheme: this.#options.contexts === undefined ? 'http' : 'https',
    }
    const server = new library.Server({
      'grpc.max_receive_message_length': messageLimitBytes,
      // Checked before, with a sentence that names the setting.
      'grpc.max_send_message_length': -1,
      'grpc.max_concurrent_streams': streamsFor(this.#options.buffered),
      'grpc.enable_channelz': 0,
      interceptors: [
        ({ path }, call) => {
          const route = routes.get(path)
          const followed = route && this.#follow(port, route, call)
          return followed ?? new library.ServerInterceptingCall(call)
        },
      ],
    })
    this.#server = server
    const { codecs, stopServing } = await addServices(server, rows)
    this.#stopServing = stopServing
    for (const row of rows) {
      const codec = codecs.get(row.path)
      if (codec !== undefined) routes.set(row.path, { row, place: places(row.path), codec })
    }
    const credentials = library.ServerCredentials.createInsecure()
    const injector = server.createConnectionInjector(credentials)
    this.#inject = (socket) => injector.injectConnection(socket)
    this.#watch(server, (path) => this.#recordRefused(port, routes.get(path)))
    if (this.#options.origin.isEnding()) stopServing()
  }

  /**
   * Health is NOT_SERVING when the whole process drains. Connections are sent away one after the other, and later ones
   * with their first call.
   */
  drain(spreadMs: number): void {
    this.#isDraining = true
    if (this.#options.origin.isEnding()) this.#stopServing()
    const sessions = [...this.#sessions.values()]
    for (const [index, session] of sessions.entries()) {
      setTimeout(() => session.leaveGently(), (spreadMs * index) / sessions.length)
    }
  }

  stopAccepting(): void {
    this.#port.stopAccepting()
    const details = 'server is shutting down'
    for (const call of this.#libraryCalls) {
      sendStatus(call, { code: grpcStatuses.UNAVAILABLE, details })
    }
    for (const session of this.#sessions.values()) session.leaveGently()
  }

  close(): void {
    this.#server?.forceShutdown()
    for (const session of this.#sessions.values()) session.destroy()
    this.#port.close()
  }

  retune(): void {
    const { maxConnectionAgeMs } = this.#tuning
    for (const session of this.#sessions.values()) session.leaveAtAge(maxConnectionAgeMs)
  }

  /** Without any fault when faults are switched off. */
  get #tuning(): Pick<GrpcTuning, 'goawayAfter' | 'maxConnectionAgeMs'> {
    const tuning = this.#options.tuning()
    return tuning.hasFaults ? tuning : { goawayAfter: 0, maxConnectionAgeMs: 0 }
  }

  #connect(socket: Socket): void {
    // HTTP/2 has no use for a half-closed connection, and nothing else would end it.
    socket.allowHalfOpen = false
    // A client that does not offer h2 by ALPN still means it: this port speaks nothing else.
    if (socket instanceof TLSSocket && socket.alpnProtocol === false) socket.alpnProtocol = 'h2'
    if (this.#inject === undefined) void this.#connectFirst(socket)
    else this.#hand(socket)
  }

  #hand(socket: Socket): void {
    this.#connecting = socket
    this.#inject?.(socket)
  }

  async #connectFirst(socket: Socket): Promise<void> {
    this.#preparing ??= this.#prepare()
    try {
      await this.#preparing
      // What the client has sent in the meantime waits in the socket.
      if (!socket.destroyed) this.#hand(socket)
    } catch (error) {
      socket.destroy()
      // The next client makes it load again, if the error allows that.
      this.#preparing = undefined
      if (isShortage(error)) this.#options.slab.add(rejections.files, 1)
      this.#options.onBug(error)
    }
  }

  /** Sees each connection and each stream before the library does; `refused` hears of calls that it has refused. */
  #watch(server: Grpc.Server, refused: (path: string) => void): void {
    const http2 = http2ServerOf(server)
    http2.prependListener('session', (session: ServerHttp2Session) => this.#welcome(session))
    http2.prependListener(
      'stream',
      (
        stream: ServerHttp2Stream,
        headers: IncomingHttpHeaders,
        ...[, rawHeaders]: [number, readonly string[]]
      ) => {
        clampTimeout(headers)
        this.#arriving = { stream, headers: rawHeaders }
      },
    )
    // After the library, which hands a call on or answers it in this turn.
    http2.on('stream', (_stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      if (this.#arriving !== undefined) refused(String(headers[':path']))
    })
  }

  #welcome(session: ServerHttp2Session): void {
    const socket = this.#connecting
    // A session that is leaving would wait until its answers are read.
    const unread = new Unread(this.#options, () => socket?.destroy())
    const id = this.#options.connections.nextId()
    const welcomed = new GrpcSession(session, {
      id,
      unread,
      isLate: this.#isDraining,
      onBadPreface: () => this.#options.slab.add('badPrefaces', 1),
    })
    this.#sessions.set(session, welcomed)
    socket?.once('end', () => (welcomed.brokenBy ??= 'fin'))
    socket?.once('error', () => (welcomed.brokenBy ??= 'rst'))
    session.once('close', () => this.#sessions.delete(session))
    welcomed.leaveAtAge(this.#tuning.maxConnectionAgeMs)
  }

  #follow(
    port: GrpcPort,
    route: GrpcRoute,
    call: LibraryCall,
  ): Grpc.ServerInterceptingCall | undefined {
    const arrived = this.#arrive()
    if (arrived === undefined) return undefined
    const incoming = { call, ...arrived }
    if (isOwn(route)) {
      const own = new GrpcCall(port, route, incoming)
      // Never passed on to the library's own handling.
      return new port.library.ServerInterceptingCall(call, { start: () => own.start() })
    }
    if (route.row.isProbe === true) this.#options.slab.forgetArrival()
    return followLibraryCall(port, route, { ...incoming, open: this.#libraryCalls })
  }

  #recordRefused(port: GrpcPort, route: GrpcRoute | undefined): void {
    const arrived = this.#arrive()
    if (arrived === undefined) return
    recordRefusedCall(port, route, { ...arrived, places: this.#options.places })
  }

  /**
   * Counts the call that is being made. Undefined when it is gone between its first frame and this turn: the library
   * notices the same and does nothing.
   */
  #arrive(): Omit<Incoming, 'call'> | undefined {
    const { stream, headers } = this.#arriving ?? {}
    this.#arriving = undefined
    const session = stream?.session && this.#sessions.get(stream.session as ServerHttp2Session)
    if (stream === undefined || headers === undefined || session === undefined) return undefined
    session.count(this.#tuning.goawayAfter)
    return { stream, head: { session, headers, metadata: requestMetadata(headers) } }
  }
}

function isOwn(route: GrpcRoute): route is GrpcRoute<OwnEndpoint> {
  return route.row.kind !== 'library'
}
