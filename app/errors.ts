/** The statuses of gRPC by name (grpc/doc/statuscodes.md). */
export const grpcStatuses = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const

const grpcStatusNames = Object.keys(grpcStatuses)

/** The name of a gRPC status; UNKNOWN for a number without a name. */
export function grpcStatusName(code: number): string {
  return grpcStatusNames[code] ?? 'UNKNOWN'
}

/** The error codes of HTTP/2's RST_STREAM and GOAWAY by name (RFC 9113 7). */
export const resetCodes = {
  NO_ERROR: 0,
  PROTOCOL_ERROR: 1,
  INTERNAL_ERROR: 2,
  FLOW_CONTROL_ERROR: 3,
  SETTINGS_TIMEOUT: 4,
  STREAM_CLOSED: 5,
  FRAME_SIZE_ERROR: 6,
  REFUSED_STREAM: 7,
  CANCEL: 8,
  COMPRESSION_ERROR: 9,
  CONNECT_ERROR: 10,
  ENHANCE_YOUR_CALM: 11,
  INADEQUATE_SECURITY: 12,
  HTTP_1_1_REQUIRED: 13,
} as const

/** What a refusal becomes on each protocol, and what it means: one row per code, and the only list of them. */
export const errorCodes = {
  INVALID_REQUEST: {
    http: 400,
    ws: 1008,
    grpc: grpcStatuses.INVALID_ARGUMENT,
    meaning: 'the request is malformed, or a parameter is not understood or past a limit',
  },
  TIMEOUT: {
    http: 408,
    ws: 1008,
    grpc: grpcStatuses.DEADLINE_EXCEEDED,
    meaning: 'the work took longer than allowed',
  },
  NOT_FOUND: {
    http: 404,
    ws: 1008,
    grpc: grpcStatuses.NOT_FOUND,
    meaning: 'no endpoint has this path, and echo.unknownPaths is 404',
  },
  METHOD_NOT_ALLOWED: {
    http: 405,
    ws: 1008,
    grpc: grpcStatuses.UNIMPLEMENTED,
    meaning: 'the method is not one of those in Allow',
  },
  EXPECTATION_FAILED: {
    http: 417,
    ws: 1008,
    grpc: grpcStatuses.INVALID_ARGUMENT,
    meaning: 'the Expect header names something other than 100-continue',
  },
  PAYLOAD_TOO_LARGE: {
    http: 413,
    ws: 1009,
    grpc: grpcStatuses.RESOURCE_EXHAUSTED,
    meaning: 'the body is past limits.body',
  },
  INTERNAL_ERROR: {
    http: 500,
    ws: 1011,
    grpc: grpcStatuses.INTERNAL,
    meaning: 'the origin failed; its log says why',
  },
  RATE_LIMIT_EXCEEDED: {
    http: 429,
    ws: 1013,
    grpc: grpcStatuses.RESOURCE_EXHAUSTED,
    meaning:
      'there are more requests a second than rateLimit.rps; Retry-After says when to come again',
  },
  PROCESSING_ERROR: {
    http: 500,
    ws: 1011,
    grpc: grpcStatuses.INTERNAL,
    meaning: 'the work failed; its thread ended, or none could be started',
  },
  UNSUPPORTED_ON_LISTENER: {
    http: 501,
    ws: 1008,
    grpc: grpcStatuses.UNIMPLEMENTED,
    meaning: 'this listener cannot do it; the text names the one that can',
  },
  SERVICE_OVERLOADED: {
    http: 503,
    ws: 1013,
    grpc: grpcStatuses.RESOURCE_EXHAUSTED,
    meaning: 'a limit of the origin is reached; try again later',
  },
  DRAINING: {
    http: 503,
    ws: 1001,
    grpc: grpcStatuses.UNAVAILABLE,
    meaning: 'the origin is going away; use another one',
  },
} as const satisfies Record<
  string,
  { readonly http: number; readonly ws: number; readonly grpc: number; readonly meaning: string }
>

export type ErrorCode = keyof typeof errorCodes

/**
 * A refusal the client caused or may act on: `code` is from the closed list above, `message` is one
 * sentence a person can act on. Anything else that is thrown is a bug and ends the process.
 */
export class OriginError extends Error {
  readonly code: ErrorCode
  /** Extra response headers, such as Allow for 405. */
  readonly headers: readonly (readonly [name: string, value: string])[]

  constructor(
    code: ErrorCode,
    message: string,
    headers: readonly (readonly [name: string, value: string])[] = [],
  ) {
    super(message)
    this.name = 'OriginError'
    this.code = code
    this.headers = headers
  }
}

/** The body of a refusal as JSON text; INJECTED is the code of answers that a fault has replaced. */
export function errorText(code: ErrorCode | 'INJECTED', error: string, requestId: string): string {
  const timestamp = Math.floor(Date.now() / 1000)
  return JSON.stringify({ error, code, request_id: requestId, timestamp })
}
