import type { Origin } from '../endpoint.ts'

/** One gRPC call as a method sees it; nothing in it belongs to a library. */
export interface Call {
  readonly origin: Origin
  /** `/echo.EchoService/Echo`. */
  readonly path: string
  readonly requestId: string
  /** `address:port` of the client. */
  readonly peer: string
  /** Largest message taken or sent (setting grpc.messageLimit). */
  readonly messageLimitBytes: number
  /** Requests so far. */
  readonly messagesReceived: number
  /** Of requests so far: decompressed, without their frames. */
  readonly bytesReceived: number
  /** Until the client's deadline; undefined where it set none. */
  readonly deadlineLeftMs: number | undefined
  /** Names and values of the request alternating, in order of arrival; no pseudo-headers but `:authority`. */
  readonly metadata: readonly string[]
  /** First value of a name in lower case, or ''; base64 for names that end in -bin. */
  first(name: string): string
  /**
   * Sets initial metadata, which goes out with the first message. The value of a name that ends
   * in -bin is base64. Throws an OriginError for what metadata cannot be, and past 32 KiB in all.
   */
  sendHeader(name: string, value: string): void
  /** The same for what goes out with the status. */
  sendTrailer(name: string, value: string): void
  /** What came last is kept until the call is over, beside what comes next. */
  keep(): void
  /** Resolves after the time, or rejects when the call is over: client gone, deadline past. */
  wait(ms: number): Promise<void>
}

/**
 * Ends a call with a status other than OK because that was asked for. Any integer is taken as code: what
 * clients make of an unknown one is theirs to show.
 */
export class CallStatus extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.name = 'CallStatus'
    this.code = code
  }
}

interface Row {
  /** Set when probes ask it, as for HTTP. */
  readonly isProbe?: true
  readonly id: string
  /** `/echo.EchoService/Echo`, as the .proto files name it. */
  readonly path: string
  readonly summary: string
}

/**
 * One message for one. Messages are objects as the .proto files say, in camel case, 64-bit numbers as text. Each answer
 * is a new object: the listener empties it when it is encoded.
 */
export interface UnaryEndpoint<Q extends object = object> extends Row {
  readonly kind: 'unary'
  handle(call: Call, request: Q): object | Promise<object>
}

/** Many messages for one; the next is asked for when the one before is on the wire. */
export interface ServerEndpoint<Q extends object = object> extends Row {
  readonly kind: 'server'
  handle(call: Call, request: Q): AsyncIterable<object>
}

/** One message for many; the next is taken from the wire when it is asked for. */
export interface ClientEndpoint<Q extends object = object> extends Row {
  readonly kind: 'client'
  handle(call: Call, requests: AsyncIterable<Q>): Promise<object>
}

/** Many for many. */
export interface BidiEndpoint<Q extends object = object> extends Row {
  readonly kind: 'bidi'
  handle(call: Call, requests: AsyncIterable<Q>): AsyncIterable<object>
}

/** A method that a library answers; it is counted like the others. */
export interface LibraryEndpoint extends Row {
  readonly kind: 'library'
}

/**
 * All that is known about one gRPC method. `handle` is only ever called with messages decoded by the
 * .proto file of its path, so the types of requests may be forgotten here.
 */
export type GrpcEndpoint =
  | UnaryEndpoint
  | ServerEndpoint
  | ClientEndpoint
  | BidiEndpoint
  | LibraryEndpoint

/** `echo.EchoService` of `/echo.EchoService/Echo`. */
export function serviceOf({ path }: Pick<Row, 'path'>): string {
  return path.slice(1, path.lastIndexOf('/'))
}
