import { jsonOf } from '../support/ask.ts'
import { HttpLoad } from '../support/http-load.ts'
import { alphabetBytes } from '../support/payloads.ts'
import type { RawAnswer } from '../support/raw.ts'
import { WsLoad } from '../support/ws-load.ts'

// Much more than the kernel holds of it between the origin, the proxy and the client, or the origin
// would be done long before the client.
const downloadBytes = 20 * 2 ** 20
const downloadSeconds = 2.5
const download = alphabetBytes(0, downloadBytes)

const names = ['keep-alive', 'churn', 'slow download', 'WebSocket'] as const

export type LoadName = (typeof names)[number]

/** What came of one load: what was done, and what went wrong or did not with it. */
export interface Outcome {
  readonly load: LoadName
  /** Requests answered, or messages echoed, whole and right. */
  readonly done: number
  /** Grows with every piece of an answer. */
  readonly bytes: number
  readonly losses: readonly unknown[]
  readonly connections: number
  /** Connections that ended because the other side said so: `Connection: close`, or 1001. */
  readonly told: number
  /** Messages on their way when 1001 came, which nobody can answer any more. */
  readonly crossed: number
}

/** Echoes on kept connections and on new ones, slow downloads and WebSockets, through one port at once. */
export class FourLoads {
  readonly #http: ReadonlyMap<LoadName, HttpLoad>
  readonly #webSocket: WsLoad

  constructor(port: number) {
    const echo = {
      port,
      target: '/',
      isRight: (answer: RawAnswer) => answer.status === 200 && jsonOf(answer)['method'] === 'GET',
    }
    this.#http = new Map([
      ['keep-alive', new HttpLoad({ ...echo, connections: 16, thinkMs: 20 })],
      ['churn', new HttpLoad({ ...echo, connections: 8, thinkMs: 20, isChurning: true })],
      [
        'slow download',
        new HttpLoad({
          port,
          target: `/bin/${downloadBytes}`,
          connections: 6,
          thinkMs: 0,
          bytesPerSecond: downloadBytes / downloadSeconds,
          isRight: ({ status, body }) => status === 200 && body.equals(download),
        }),
      ],
    ])
    this.#webSocket = new WsLoad({ port, connections: 16, thinkMs: 20 })
  }

  get outcomes(): readonly Outcome[] {
    const { answered, bytesRead, losses, connections, told, crossed } = this.#webSocket
    return [
      ...[...this.#http].map(([load, client]) => ({
        load,
        done: client.answered,
        bytes: client.bytesRead,
        losses: client.losses,
        connections: client.connections,
        // A client that churns is not told: it leaves by itself.
        told: load === 'churn' ? 0 : client.closedByHeader,
        crossed: 0,
      })),
      {
        load: 'WebSocket',
        done: answered,
        bytes: bytesRead,
        losses,
        connections,
        told,
        crossed,
      },
    ]
  }

  /** Lets what is under way end, and closes. */
  async stop(): Promise<void> {
    await Promise.all([
      ...[...this.#http.values()].map((client) => client.stop()),
      this.#webSocket.stop(),
    ])
  }
}
