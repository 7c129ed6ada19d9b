import { createBeat, wallClockNs } from '../../traffic/pace.ts'
import { messageCount, payloadSize, waitingMs, wholeNumber } from './call-limits.ts'
import {
  type BidiEndpoint,
  type Call,
  CallStatus,
  type ClientEndpoint,
  type ServerEndpoint,
  type UnaryEndpoint,
} from './grpc-endpoint.ts'
import { firstValues } from './metadata.ts'
import { payloadBytes } from './payload-bytes.ts'

// The messages of proto/hpdummy/v1/origin.proto. A field that was left out is null.
interface Manner {
  readonly delayMs: number
  readonly status: { readonly code: number; readonly message: string } | null
  readonly headers: Readonly<Record<string, string>>
  readonly trailers: Readonly<Record<string, string>>
}

interface PayloadRequest {
  readonly size: string
  readonly seed: string
}

interface UnaryRequest {
  readonly response: PayloadRequest | null
  readonly manner: Manner | null
}

interface StreamRequest extends UnaryRequest {
  readonly count?: string
  readonly intervalMs: number
}

const unary: UnaryEndpoint<UnaryRequest> = {
  id: 'grpc-unary',
  path: '/hpdummy.v1.Origin/Unary',
  kind: 'unary',
  summary: 'One message of the size asked for, after a delay, with a status',
  async handle(call, { response, manner }) {
    const payloads = new Payloads(call)
    payloads.ask(response)
    await begin(call, manner)
    end(manner)
    return unaryResponse(call, payloads)
  },
}

const serverStream: ServerEndpoint<StreamRequest> = {
  id: 'grpc-server-stream',
  path: '/hpdummy.v1.Origin/ServerStream',
  kind: 'server',
  summary: 'count messages of a size, an interval apart, with seq and sent_at_ns',
  async *handle(call, request) {
    const { manner } = request
    const messages = new Messages(call)
    const count = messages.ask(request)
    await begin(call, manner)
    yield* messages.send(count === 0 ? Number.POSITIVE_INFINITY : count)
    end(manner)
  },
}

const clientStream: ClientEndpoint<UnaryRequest> = {
  id: 'grpc-client-stream',
  path: '/hpdummy.v1.Origin/ClientStream',
  kind: 'client',
  summary: 'Counts messages and bytes; the first one says how to answer',
  async handle(call, requests) {
    const payloads = new Payloads(call)
    // Not the first request itself, whose payload would be kept until the last has come.
    let manner: Manner | null | undefined
    for await (const { response, manner: asked } of requests) {
      if (manner !== undefined) continue
      manner = asked
      payloads.ask(response)
    }
    manner ??= null
    await begin(call, manner)
    end(manner)
    return unaryResponse(call, payloads)
  },
}

const bidiStream: BidiEndpoint<StreamRequest> = {
  id: 'grpc-bidi-stream',
  path: '/hpdummy.v1.Origin/BidiStream',
  kind: 'bidi',
  summary: 'Answers each message as it asks; a status in a message ends the call after its answers',
  async *handle(call, requests) {
    const messages = new Messages(call)
    let isFirst = true
    for await (const request of requests) {
      const count = messages.ask(request)
      if (isFirst) await begin(call, request.manner)
      isFirst = false
      yield* messages.send(count)
      end(request.manner)
    }
  },
}

/** Calls of every kind whose answers the client describes. */
export const originService = [unary, serverStream, clientStream, bidiStream] as const

/** The payloads of one call's answers; each begins where the one before has ended. */
class Payloads {
  readonly #call: Call
  #size = 0
  #seed = 0
  #offset = 0

  constructor(call: Call) {
    this.#call = call
  }

  ask(request: PayloadRequest | null): void {
    this.#size = payloadSize(this.#call, 'response.size', request?.size ?? 0)
    this.#seed = wholeNumber('response.seed', request?.seed ?? 0)
  }

  next(): Uint8Array {
    const place = { seed: this.#seed, offset: this.#offset }
    this.#offset += this.#size
    return payloadBytes(this.#call.origin.block, this.#size, place)
  }
}

/** The messages of one call's answers. */
class Messages {
  readonly #call: Call
  readonly #payloads: Payloads
  #intervalMs = 0
  #seq = 0

  constructor(call: Call) {
    this.#call = call
    this.#payloads = new Payloads(call)
  }

  /** Reads how to answer, or refuses it; returns how often. */
  ask({ response, count = '1', intervalMs }: StreamRequest): number {
    this.#payloads.ask(response)
    this.#intervalMs = waitingMs(this.#call, 'interval_ms', intervalMs)
    return messageCount(this.#call, 'count', count)
  }

  async *send(count: number): AsyncGenerator<object> {
    const beat = createBeat(this.#intervalMs)
    for (let sent = 0; sent < count; sent++) {
      const waitMs = beat()
      if (waitMs > 0) await this.#call.wait(waitMs)
      yield this.#next()
    }
  }

  // Not made in the generator, which would keep the payload while it waits.
  #next(): object {
    this.#seq++
    return {
      seq: this.#seq,
      sentAtNs: String(wallClockNs()),
      payload: this.#payloads.next(),
      call: callReport(this.#call),
    }
  }
}

/** Metadata first, because the wait is before the first message and not before the call begins. */
async function begin(call: Call, manner: Manner | null): Promise<void> {
  if (manner === null) return
  for (const [name, value] of Object.entries(manner.headers)) call.sendHeader(name, value)
  for (const [name, value] of Object.entries(manner.trailers)) call.sendTrailer(name, value)
  const delayMs = waitingMs(call, 'manner.delay_ms', manner.delayMs)
  if (delayMs > 0) await call.wait(delayMs)
}

function end(manner: Manner | null): void {
  const { code = 0, message = '' } = manner?.status ?? {}
  if (code !== 0) throw new CallStatus(code, message)
}

function unaryResponse(call: Call, payloads: Payloads): object {
  const payload = payloads.next()
  return { payload, sentAtNs: String(wallClockNs()), call: callReport(call) }
}

function callReport(call: Call): object {
  const { requestId, peer, messagesReceived, bytesReceived, deadlineLeftMs, metadata } = call
  const attempts = Number(call.first('grpc-previous-rpc-attempts'))
  return {
    requestId,
    peer,
    serverHostname: call.origin.hostname,
    messagesReceived,
    bytesReceived,
    ...(deadlineLeftMs !== undefined && { deadlineLeftMs }),
    // A client may send anything there. Anything but a number of attempts counts as no attempts.
    previousAttempts: Number.isSafeInteger(attempts) && attempts > 0 ? attempts : 0,
    metadata: firstValues(metadata),
  }
}
