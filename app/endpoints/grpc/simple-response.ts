import { payloadSize } from './call-limits.ts'
import { type Call, CallStatus } from './grpc-endpoint.ts'
import { payloadBytes } from './payload-bytes.ts'

/** grpc.testing.EchoStatus. */
export interface EchoStatus {
  readonly code: number
  readonly message: string
}

/** grpc.testing.SimpleRequest, as far as we read it. */
export interface SimpleRequest {
  readonly responseSize: number
  readonly responseStatus: EchoStatus | null
  readonly fillServerId: boolean
}

/**
 * grpc.testing.SimpleResponse to a request; throws the requested status. It has no username and no scope, because there
 * are none here.
 */
export function simpleResponse(call: Call, request: SimpleRequest): object {
  const { responseSize, responseStatus, fillServerId } = request
  if (responseStatus !== null && responseStatus.code !== 0) {
    throw new CallStatus(responseStatus.code, responseStatus.message)
  }
  const bytes = payloadSize(call, 'response_size', responseSize)
  const { hostname, block } = call.origin
  return {
    payload: { body: payloadBytes(block, bytes) },
    hostname,
    ...(fillServerId && { serverId: hostname }),
  }
}
