import { performance } from 'node:perf_hooks'
import type { Readable } from 'node:stream'

import type { Exchange, Headers, Reply } from '../../endpoints/endpoint.ts'
import type { Identity } from '../../evidence/identity.ts'
import { knownLength } from './plan.ts'

/** A connection, where the listener knows its connections apart; as it is when the request comes. */
export interface EvidentConnection {
  readonly id: string
  /** Requests so far, this one among them. */
  readonly requests: number
  /** By performance.now(). */
  readonly openedAt: number
  /** How long nothing was under way on it before this request. */
  readonly idleBeforeMs: number
}

/** An exchange, as far as its answer tells of it. */
export interface Evident extends Pick<Exchange, 'origin' | 'requestId'> {
  /** By performance.now(). */
  readonly startedAt: number
  /** Set when the request has an id (ledger.key). */
  readonly arrival?: object | undefined
  /** Of the request's body, so far. */
  readonly bytesIn: number
  /** Set for exchanges whose answer has evidence: is told of the wait for the body. */
  evidence?: Evidence | undefined
}

/**
 * What an answer tells of itself, for whoever asks what the proxy did: who answered (X-HP-Pod and the like), on which
 * connection (X-HP-Connection), and how long the origin took (Server-Timing, W3C):
 *
 * - `queue`: from the head of the request until work began; with the time in the compute pool's queue.
 * - `work`: until the head of the answer; deliberate delays are work.
 * - `body`: of that, the wait for the body of the request; it is the client's time, and in none of the others.
 * - `write`: from the head of the answer to its last byte, which is known at the end only: a trailer, of answers that
 *   have no Content-Length on the wire listener, and nothing elsewhere.
 */
export class Evidence {
  readonly #exchange: Evident
  readonly #connection: Headers
  readonly #beganAt = performance.now()
  #headAt = 0
  #bodyAskedAt = 0
  #bodyMs = 0

  constructor(exchange: Evident, connection: EvidentConnection | undefined) {
    this.#exchange = exchange
    this.#connection = connection === undefined ? [] : [connectionHeader(connection)]
  }

  /** The endpoint waits for the body from now on. */
  bodyAsked(): void {
    this.#bodyAskedAt = performance.now()
  }

  /** The body is whole. */
  bodyEnded(): void {
    if (this.#bodyAskedAt > 0) this.#bodyMs = performance.now() - this.#bodyAskedAt
  }

  /** The same for a body that is read from a stream of Node's. */
  followBody(body: Readable): void {
    this.bodyAsked()
    body.once('end', () => this.bodyEnded())
  }

  /** What an answer says beside its reply's headers, after what it says `before`; to be asked when the head goes out. */
  headersOf({ headers, queuedMs = 0 }: Reply, before: Headers): Headers {
    const { origin, requestId, startedAt, bytesIn } = this.#exchange
    // Of no body the end is awaited, too, on the wire listener.
    const bodyMs = bytesIn > 0 ? this.#bodyMs : 0
    this.#headAt = performance.now()
    const queueMs = this.#beganAt - startedAt + queuedMs
    const workMs = Math.max(0, this.#headAt - startedAt - queueMs - bodyMs)
    const times = [`queue;dur=${shown(queueMs)}`, `work;dur=${shown(workMs)}`]
    if (bodyMs > 0) times.push(`body;dur=${shown(bodyMs)}`)
    const hasId = headers.some(([name]) => name.toLowerCase() === 'x-request-id')
    return [
      ...before,
      ...(hasId ? [] : ([['X-Request-ID', requestId]] as const)),
      ...toldOf(origin.identity).headers,
      ...this.#connection,
      ['Server-Timing', times.join(', ')],
    ]
  }

  /** Announces the trailer that tells how long the writing took, where there can be one. */
  announced(reply: Reply): Reply {
    if (reply.body.kind === 'none' || knownLength(reply.body) !== undefined) return reply
    return { ...reply, trailers: [...(reply.trailers ?? []), ['Server-Timing', '']] }
  }

  /** Fills in what `announced` has announced; the answer is about to end. */
  completed(reply: Reply): Reply {
    const writeMs = performance.now() - this.#headAt
    const trailers = reply.trailers?.map(([name, value]) =>
      name === 'Server-Timing'
        ? ([name, `write;dur=${shown(writeMs)}`] as const)
        : ([name, value] as const),
    )
    return trailers === undefined ? reply : { ...reply, trailers }
  }
}

/** Evidence of an exchange whose request has an id, or of every one while evidence.headers is set. */
export function evidenceFor(
  exchange: Evident,
  connection?: EvidentConnection,
): Evidence | undefined {
  if (exchange.arrival === undefined && !exchange.origin.hasEvidence()) return undefined
  exchange.evidence = new Evidence(exchange, connection)
  return exchange.evidence
}

function connectionHeader(connection: EvidentConnection): Headers[number] {
  const { id, requests, openedAt, idleBeforeMs } = connection
  const [age, idle] = [performance.now() - openedAt, idleBeforeMs].map((ms) => Math.round(ms))
  return ['X-HP-Connection', `${id}; request=${requests}; age=${age}; idle=${idle}`]
}

/**
 * The same of an exchange that is answered at once, without a wait or a body, and whose connection is not known: lines
 * to stand behind the value of another header.
 */
export function evidenceLines(exchange: {
  readonly identity: Identity
  readonly requestId: string
  readonly startedAt: number
}): string {
  const { identity, requestId, startedAt } = exchange
  const workMs = performance.now() - startedAt
  const { lines } = toldOf(identity)
  return `\r\nX-Request-ID: ${requestId}${lines}\r\nServer-Timing: queue;dur=0, work;dur=${shown(workMs)}`
}

let told: Told | undefined

/** What every answer of an origin tells. */
interface Told {
  readonly identity: Identity
  readonly headers: Headers
  readonly lines: string
}

function toldOf(identity: Identity): Told {
  if (told?.identity !== identity) {
    const named = [
      ['X-HP-Pod', identity.pod],
      ['X-HP-Namespace', identity.namespace],
      ['X-HP-Node', identity.node],
      ['X-HP-Zone', identity.zone],
      ['X-HP-Version', identity.version],
    ] as const
    const headers = named.flatMap(([name, value]) =>
      value === null ? [] : [[name, value] as const],
    )
    const lines = headers.map(([name, value]) => `\r\n${name}: ${value}`).join('')
    told = { identity, headers, lines }
  }
  return told
}

// Milliseconds, as the field has them; to the microsecond. Most are short, and a number costs more to write than to look up.
function shown(ms: number): string {
  const us = Math.round(ms * 1000)
  return us < 1000 ? (shortTimes[us] ??= String(us / 1000)) : String(us / 1000)
}

const shortTimes: string[] = []
