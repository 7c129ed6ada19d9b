import { OriginError } from '../../errors.ts'
import { payloadSize, waitingMs, wholeNumber } from './call-limits.ts'
import {
  type BidiEndpoint,
  type Call,
  CallStatus,
  type ClientEndpoint,
  type ServerEndpoint,
  type UnaryEndpoint,
} from './grpc-endpoint.ts'
import { payloadBytes } from './payload-bytes.ts'
import { type EchoStatus, type SimpleRequest, simpleResponse } from './simple-response.ts'

interface OutputRequest {
  readonly responseParameters: readonly { readonly size: number; readonly intervalUs: number }[]
  readonly responseStatus: EchoStatus | null
}

interface InputRequest {
  readonly payload: { readonly body: Uint8Array } | null
}

const emptyCall: UnaryEndpoint = {
  id: 'grpc-empty-call',
  path: '/grpc.testing.TestService/EmptyCall',
  kind: 'unary',
  summary: 'An empty message for an empty message',
  handle(call) {
    echoMetadata(call)
    return {}
  },
}

const unaryCall: UnaryEndpoint<SimpleRequest> = {
  id: 'grpc-unary-call',
  path: '/grpc.testing.TestService/UnaryCall',
  kind: 'unary',
  summary: 'response_size bytes, or response_status',
  handle(call, request) {
    echoMetadata(call)
    return simpleResponse(call, request)
  },
}

const cacheableUnaryCall: UnaryEndpoint<SimpleRequest> = {
  id: 'grpc-cacheable-unary-call',
  path: '/grpc.testing.TestService/CacheableUnaryCall',
  kind: 'unary',
  summary: 'UnaryCall that a cache may keep for a minute',
  handle(call, request) {
    echoMetadata(call)
    call.sendHeader('cache-control', 'max-age=60, public')
    return simpleResponse(call, request)
  },
}

const streamingOutputCall: ServerEndpoint<OutputRequest> = {
  id: 'grpc-streaming-output-call',
  path: '/grpc.testing.TestService/StreamingOutputCall',
  kind: 'server',
  summary: 'A message for each of response_parameters, interval_us before each',
  async *handle(call, request) {
    echoMetadata(call)
    yield* outputs(call, request)
  },
}

const streamingInputCall: ClientEndpoint<InputRequest> = {
  id: 'grpc-streaming-input-call',
  path: '/grpc.testing.TestService/StreamingInputCall',
  kind: 'client',
  summary: 'The sum of the payload sizes',
  async handle(call, requests) {
    echoMetadata(call)
    let sum = 0
    for await (const { payload } of requests) sum += payload?.body.length ?? 0
    return { aggregatedPayloadSize: sum }
  },
}

const fullDuplexCall: BidiEndpoint<OutputRequest> = {
  id: 'grpc-full-duplex-call',
  path: '/grpc.testing.TestService/FullDuplexCall',
  kind: 'bidi',
  summary: 'StreamingOutputCall for each request as it comes',
  async *handle(call, requests) {
    echoMetadata(call)
    for await (const request of requests) yield* outputs(call, request)
  },
}

// What is kept of a request until the last has come. The total has the limit of one answer.
const halfDuplexOutputs = 100_000

const halfDuplexCall: BidiEndpoint<OutputRequest> = {
  id: 'grpc-half-duplex-call',
  path: '/grpc.testing.TestService/HalfDuplexCall',
  kind: 'bidi',
  summary: 'The same, once all requests have come',
  async *handle(call, requests) {
    echoMetadata(call)
    const kept: OutputRequest[] = []
    let wanted = 0
    for await (const { responseParameters, responseStatus } of requests) {
      wanted += responseParameters.length + 1
      if (wanted > halfDuplexOutputs) {
        throw new OriginError(
          'PAYLOAD_TOO_LARGE',
          `more than ${halfDuplexOutputs} answers asked for`,
        )
      }
      call.keep()
      kept.push({ responseParameters, responseStatus })
    }
    for (const request of kept) yield* outputs(call, request)
  },
}

const unimplementedCall: UnaryEndpoint = {
  id: 'grpc-unimplemented-call',
  path: '/grpc.testing.TestService/UnimplementedCall',
  kind: 'unary',
  summary: 'Always UNIMPLEMENTED, as its contract asks',
  handle() {
    throw new OriginError('METHOD_NOT_ALLOWED', 'UnimplementedCall is not implemented, by contract')
  },
}

/** The public interop contract (grpc/doc/interop-test-descriptions.md). */
export const testService = [
  emptyCall,
  unaryCall,
  cacheableUnaryCall,
  streamingOutputCall,
  streamingInputCall,
  fullDuplexCall,
  halfDuplexCall,
  unimplementedCall,
] as const

function echoMetadata(call: Call): void {
  const [initial, trailing] = ['x-grpc-test-echo-initial', 'x-grpc-test-echo-trailing-bin'] as const
  const [given, givenTrailing] = [call.first(initial), call.first(trailing)]
  if (given !== '') call.sendHeader(initial, given)
  if (givenTrailing !== '') call.sendTrailer(trailing, givenTrailing)
}

async function* outputs(call: Call, request: OutputRequest): AsyncGenerator<object> {
  const { responseParameters, responseStatus } = request
  for (const { size, intervalUs } of responseParameters) {
    const bytes = payloadSize(call, 'response_parameters.size', size)
    const us = wholeNumber('response_parameters.interval_us', intervalUs)
    if (us > 0)
      await call.wait(waitingMs(call, 'response_parameters.interval_us, in ms,', us / 1000))
    yield { payload: { body: payloadBytes(call.origin.block, bytes) } }
  }
  if (responseStatus !== null && responseStatus.code !== 0) {
    throw new CallStatus(responseStatus.code, responseStatus.message)
  }
}
