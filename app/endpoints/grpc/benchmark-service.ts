import type {
  BidiEndpoint,
  ClientEndpoint,
  ServerEndpoint,
  UnaryEndpoint,
} from './grpc-endpoint.ts'
import { type SimpleRequest, simpleResponse } from './simple-response.ts'

const unaryCall: UnaryEndpoint<SimpleRequest> = {
  id: 'grpc-benchmark-unary-call',
  path: '/grpc.testing.BenchmarkService/UnaryCall',
  kind: 'unary',
  summary: 'response_size bytes',
  handle: simpleResponse,
}

const streamingCall: BidiEndpoint<SimpleRequest> = {
  id: 'grpc-benchmark-streaming-call',
  path: '/grpc.testing.BenchmarkService/StreamingCall',
  kind: 'bidi',
  summary: 'UnaryCall for each message of a stream',
  async *handle(call, requests) {
    for await (const request of requests) yield simpleResponse(call, request)
  },
}

const streamingFromClient: ClientEndpoint<SimpleRequest> = {
  id: 'grpc-benchmark-streaming-from-client',
  path: '/grpc.testing.BenchmarkService/StreamingFromClient',
  kind: 'client',
  summary: 'One answer after all messages, as the last one asks',
  async handle(call, requests) {
    let last: SimpleRequest = { responseSize: 0, responseStatus: null, fillServerId: false }
    for await (const request of requests) last = request
    return simpleResponse(call, last)
  },
}

const streamingFromServer: ServerEndpoint<SimpleRequest> = {
  id: 'grpc-benchmark-streaming-from-server',
  path: '/grpc.testing.BenchmarkService/StreamingFromServer',
  kind: 'server',
  summary: 'The same answer until the client leaves',
  async *handle(call, request) {
    for (;;) yield simpleResponse(call, request)
  },
}

const streamingBothWays: BidiEndpoint<SimpleRequest> = {
  id: 'grpc-benchmark-streaming-both-ways',
  path: '/grpc.testing.BenchmarkService/StreamingBothWays',
  kind: 'bidi',
  summary:
    'Answers as the first message asks until the client has sent its last; the others are dropped',
  async *handle(call, requests) {
    const incoming = requests[Symbol.asyncIterator]()
    const first = await firstOf(incoming)
    if (first === undefined) return
    const drained = drain(incoming)
    while (!drained.isOver) yield simpleResponse(call, first)
    await drained.ended
  },
}

/** The service that gRPC's own load generators call. */
export const benchmarkService = [
  unaryCall,
  streamingCall,
  streamingFromClient,
  streamingFromServer,
  streamingBothWays,
] as const

/** The first request without its payload, which would be kept until the call ends. */
async function firstOf(requests: AsyncIterator<SimpleRequest>): Promise<SimpleRequest | undefined> {
  const { value, done } = await requests.next()
  if (done === true) return undefined
  const { responseSize, responseStatus, fillServerId } = value
  return { responseSize, responseStatus, fillServerId }
}

interface Draining {
  isOver: boolean
  readonly ended: Promise<void>
}

/** Reads to the end while other things go on; `ended` rejects when reading fails. */
function drain(messages: AsyncIterator<unknown>): Draining {
  const readAll = async (): Promise<void> => {
    while ((await messages.next()).done !== true);
  }
  const draining: Draining = {
    isOver: false,
    ended: readAll().finally(() => {
      draining.isOver = true
    }),
  }
  // Whatever awaits it gets the failure. After the end of a call nothing awaits it.
  draining.ended.catch(() => {})
  return draining
}
