import { OriginError, grpcStatuses } from '../../errors.ts'
import { wallClockNs } from '../../traffic/pace.ts'
import { type BidiEndpoint, type Call, CallStatus, type UnaryEndpoint } from './grpc-endpoint.ts'
import { firstValues } from './metadata.ts'

interface EchoRequest {
  readonly message: string
  readonly timestamp: string
  readonly responseCode: number
}

const echo: UnaryEndpoint<EchoRequest> = {
  id: 'grpc-echo',
  path: '/echo.EchoService/Echo',
  kind: 'unary',
  summary: 'The message back with times, host and metadata; response_code is the status',
  handle: reply,
}

const streamEcho: BidiEndpoint<EchoRequest> = {
  id: 'grpc-stream-echo',
  path: '/echo.EchoService/StreamEcho',
  kind: 'bidi',
  summary: 'Echo for each message; a response_code ends the stream',
  async *handle(call, requests) {
    refuseWhileEnding(call)
    for await (const request of requests) yield reply(call, request)
  },
}

/** The service of the first server of this kind. */
export const echoService = [echo, streamEcho] as const

function reply(call: Call, { message, timestamp, responseCode }: EchoRequest): object {
  refuseWhileEnding(call)
  if (responseCode !== grpcStatuses.OK) {
    throw new CallStatus(responseCode, `requested error: ${codeName(responseCode)}`)
  }
  return {
    message,
    requestTimestamp: timestamp,
    responseTimestamp: String(wallClockNs()),
    serverHostname: call.origin.hostname,
    metadata: firstValues(call.metadata),
    method: call.path,
    responseCode,
  }
}

function refuseWhileEnding({ origin }: Call): void {
  if (origin.isEnding()) throw new OriginError('DRAINING', 'server is shutting down')
}

const statusNames = Object.entries(grpcStatuses)

/** As Go writes it: `NotFound`, `Canceled` with one l, `Code(99)`. */
function codeName(code: number): string {
  if (code === grpcStatuses.CANCELLED) return 'Canceled'
  const name = statusNames.find(([, value]) => value === code)?.[0]
  if (name === undefined) return `Code(${code})`
  return name
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('')
}
