import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

import {
  type CallOptions,
  Client,
  type ClientDuplexStream,
  Metadata,
  type ServiceError,
  type StatusObject,
  credentials,
} from '@grpc/grpc-js'
import { type MethodDefinition, type PackageDefinition, loadSync } from '@grpc/proto-loader'

import { within } from '../support/wait.ts'

const files = [
  'echo.proto',
  'hpdummy/v1/origin.proto',
  'grpc/testing/test.proto',
  'grpc/testing/benchmark_service.proto',
]
const includeDirs = [fileURLToPath(new URL('../../proto/', import.meta.url))]
const types: PackageDefinition = loadSync(files, { includeDirs, longs: String, defaults: true })

/** A message as proto-loader gives it. */
export type Message = Readonly<Record<string, unknown>>

/** What a call was given, and how it ended. */
export interface Outcome {
  readonly messages: readonly Message[]
  readonly head: Metadata | undefined
  readonly status: StatusObject
}

export interface Asking {
  readonly metadata?: Readonly<Record<string, string>>
  readonly options?: CallOptions
}

/** A client of one port by the public library; its connection is closed with the test. */
export class GrpcClient {
  readonly #client: Client

  constructor(t: TestContext, port: number) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      // Tests are about one connection each.
      'grpc.use_local_subchannel_pool': 1,
    })
    t.after(() => this.#client.close())
  }

  close(): void {
    this.#client.close()
  }

  /** Sends all requests, ends the sending, and takes everything to the end; never rejects for a status. */
  async ask(
    path: string,
    requests: Message | readonly Message[],
    asking: Asking = {},
  ): Promise<Outcome> {
    const stream = this.begin(path, asking)
    const all = Array.isArray(requests) ? (requests as readonly Message[]) : [requests as Message]
    for (const request of all) stream.write(request)
    stream.end()
    return within(`the end of ${path}`, collect(stream))
  }

  /** Every kind of call is a stream both ways to this client: on the wire they are. */
  begin(
    path: string,
    { metadata = {}, options = {} }: Asking = {},
  ): ClientDuplexStream<Message, Message> {
    const method = methodOf(path)
    const sent = new Metadata()
    for (const [name, value] of Object.entries(metadata)) {
      sent.set(name, name.endsWith('-bin') ? Buffer.from(value, 'base64') : value)
    }
    return this.#client.makeBidiStreamRequest(
      path,
      (message: Message) => method.requestSerialize(message),
      (bytes: Buffer) => method.responseDeserialize(bytes) as Message,
      sent,
      options,
    )
  }
}

/** Takes everything a stream gives, to its status. */
export function collect(stream: ClientDuplexStream<Message, Message>): Promise<Outcome> {
  const messages: Message[] = []
  let head: Metadata | undefined
  stream.on('data', (message: Message) => messages.push(message))
  stream.on('metadata', (metadata: Metadata) => {
    head = metadata
  })
  // The status says the same.
  stream.on('error', (_error: ServiceError) => {})
  return new Promise((resolve) => {
    stream.on('status', (status: StatusObject) => resolve({ messages, head, status }))
  })
}

function methodOf(path: string): MethodDefinition<object, object> {
  const [, service = '', name = ''] = path.split('/')
  const definition = types[service]
  if (definition === undefined || 'format' in definition) throw new Error(`no service ${service}`)
  const method = Object.values(definition).find((one) => one.path === `/${service}/${name}`)
  if (method === undefined) throw new Error(`no method ${path}`)
  return method
}
