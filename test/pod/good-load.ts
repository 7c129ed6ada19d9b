import { Client, Metadata, credentials, status } from '@grpc/grpc-js'

import { jsonOf } from '../support/ask.ts'
import { HttpLoad } from '../support/http-load.ts'
import { Load, type LoadClient, Refusal } from '../support/load.ts'
import type { TestOrigin } from '../support/origin.ts'
import { type RawAnswer, sizedRequest } from '../support/raw.ts'
import { WsLoad } from '../support/ws-load.ts'

const pace = { connections: 1, thinkMs: 15 }
const patienceMs = 10_000
const echoed = 'e'.repeat(1024)

/** Clients that do nothing wrong, on every listener, one request at a time each. */
export class GoodLoad {
  readonly kinds: ReadonlyMap<string, Load>

  constructor({ ports }: TestOrigin) {
    this.kinds = new Map([
      ...onPort('fast', ports.http),
      ...onPort('wire', ports.wire),
      ['gRPC', new Load(() => new GrpcClient(ports.grpc), pace)],
    ])
  }

  /** Lets the requests under way end. */
  async stop(): Promise<void> {
    await Promise.all([...this.kinds.values()].map((load) => load.stop()))
  }
}

function onPort(name: string, port: number): readonly (readonly [string, Load])[] {
  const get = {
    ...pace,
    port,
    patienceMs,
    target: '/bin/1K',
    isRight: ({ status: is, body }: RawAnswer) => is === 200 && body.length === 1024,
    isRefusal,
  }
  const post = {
    ...get,
    request: sizedRequest('POST /', echoed),
    isRight: (answer: RawAnswer) => answer.status === 200 && jsonOf(answer)['body'] === echoed,
  }
  return [
    [`${name} GET`, new HttpLoad(get)],
    [`${name} GET, churning`, new HttpLoad({ ...get, isChurning: true })],
    [`${name} echo`, new HttpLoad(post)],
    [`${name} WebSocket`, new WsLoad({ ...pace, port, bytes: echoed.length })],
  ]
}

/** A refusal for want of memory, which is no loss of a client that sent a body. */
function isRefusal({ status: is, body }: RawAnswer): boolean {
  return is === 503 && body.includes('SERVICE_OVERLOADED')
}

/** Of sorted or unsorted milliseconds, the one that `share` of them are not above. */
export function quantile(ms: readonly number[], share: number): number {
  const sorted = ms.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

class GrpcClient implements LoadClient {
  readonly #client: Client

  constructor(port: number) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  }

  ask(): Promise<boolean> {
    // UnaryRequest{payload: "eee"}
    const asked = Buffer.from('1a03656565', 'hex')
    const deadline = Date.now() + patienceMs
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        '/hpdummy.v1.Origin/Unary',
        same,
        same,
        asked,
        new Metadata(),
        { deadline },
        (error) => {
          if (error === null) return resolve(true)
          reject(error.code === status.RESOURCE_EXHAUSTED ? new Refusal(error.details) : error)
        },
      )
    })
  }

  end(): void {
    this.#client.close()
  }
}

function same(bytes: Buffer): Buffer {
  return bytes
}
