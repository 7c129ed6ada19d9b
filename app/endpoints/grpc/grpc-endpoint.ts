import type { Origin } from '../endpoint.ts'

/** One gRPC call as a method sees it; independent of any library. */
export interface Call {
  readonly origin: Origin
  /** `/echo.EchoService/Echo`. */
  readonly path: string
  readonly requestId: string
  /** `address:port` of the client. */
  readonly peer: string
  /** Largest message received or sent (setting grpc.messageLimit). */
  readonly messageLimitBytes: number
  /** Requests so far. */
  readonly messagesReceived: number
  /** Of requests so far: decompressed, without their frames. */
  readonly bytesReceived: number
  /** Until the client's deadline; undefined when it set none. */
  readonly deadlineLeftMs: number | undefined
  /** Names and values of the request alternating, in order of arrival; of the pseudo-headers only `:authority`. */
  readonly metadata: readonly string[]
  /** First value of a name in lower case, or ''; base64 for names that end in -bin. */
  first(name: string): string
  /**
   * Sets initial metadata, which is sent with the first message. The value of a name that ends in -bin is base64.
   * Throws an OriginError for what cannot be metadata, and past 32 KiB in all.
   */
  sendHeader(name: string, value: string): void
  /** The same for the metadata that is sent with the status. */
  sendTrailer(name: string, value: string): void
  /** The latest request is kept until the call is over, beside the next one. */
  keep(): void
  /** Resolves after the time, or rejects when the call is over: client gone, deadline past. */
  wait(ms: number): Promise<void>
}

/**
 * Ends a call with a status other than OK, as requested. Any integer is accepted as code: clients decide how to show an
 * unknown one.
 */
export class CallStatus extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.name = 'CallStatus'
    this.code = code
  }
}

/** The label, as a path, of calls to methods that no row has (OpenTelemetry: `rpc.method` is `_OTHER`). */
export const unknownMethodPath = '/_OTHER'

interface Row {
  /** Set when probes call it, as for HTTP. */
  readonly isProbe?: true
  readonly id: string
  /** `/echo.EchoService/Echo`, as the .proto files name it. */
  readonly path: string
  readonly summary: string
}

/**
 * One message for one. Messages are objects as the .proto files say, in camel case, 64-bit numbers as text. Each answer
 * is a new object, because the listener empties it when it is encoded.
 */
export interface UnaryEndpoint<Q extends object = object> extends Row {
  readonly kind: 'unary'
  handle(call: Call, request: Q): object | Promise<object>
}

/** Many messages for one. The next one is requested when the one before has been sent. */
export interface ServerEndpoint<Q extends object = object> extends Row {
  readonly kind: 'server'
  handle(call: Call, request: Q): AsyncIterable<object>
}

/** One message for many. The next one is read from the wire when it is requested. */
export interface ClientEndpoint<Q extends object = object> extends Row {
  readonly kind: 'client'
  handle(call: Call, requests: AsyncIterable<Q>): Promise<object>
}

/** Many for many. */
export interface BidiEndpoint<Q extends object = object> extends Row {
  readonly kind: 'bidi'
  handle(call: Call, requests: AsyncIterable<Q>): AsyncIterable<object>
}

/** A method that a library answers. It is counted like the others. */
export interface LibraryEndpoint extends Row {
  readonly kind: 'library'
}

/**
 * All that is known about one gRPC method. `handle` is only ever called with messages decoded by the .proto file of its
 * path, so the types of requests may be dropped here.
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
