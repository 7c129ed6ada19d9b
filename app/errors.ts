/** What a refusal becomes on each protocol; one row per code, nobody else lists them. */
export const errorCodes = {
  INVALID_REQUEST: { http: 400, ws: 1008 },
  TIMEOUT: { http: 408, ws: 1008 },
  METHOD_NOT_ALLOWED: { http: 405, ws: 1008 },
  PAYLOAD_TOO_LARGE: { http: 413, ws: 1009 },
  INTERNAL_ERROR: { http: 500, ws: 1011 },
  UNSUPPORTED_ON_LISTENER: { http: 501, ws: 1008 },
  DRAINING: { http: 503, ws: 1001 },
} as const satisfies Record<string, { readonly http: number; readonly ws: number }>

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
