import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'

import { Load, type LoadClient, type Pace, Refusal } from './load.ts'
import type { End } from './raw-socket.ts'
import { type RawAnswer, RawConnection, headerOf, rawRequest } from './raw.ts'

export interface HttpLoadOptions extends Pace {
  readonly port: number
  /** Over TLS, whoever signed the certificate. */
  readonly isTls?: boolean
  /** A new connection for each request, as clients and proxies without keep-alive do. */
  readonly isChurning?: boolean
  /** What is asked for by GET, or whatever `request` says. */
  readonly target: string
  readonly request?: string
  /** Reads no faster than this, on each connection, so that answers are under way for long. */
  readonly bytesPerSecond?: number
  /** After so much silence a request is lost; 30 s unless said otherwise. */
  readonly patienceMs?: number
  /** Whether an answer is the one that the request must get. */
  readonly isRight: (answer: RawAnswer) => boolean
  /** Whether an answer is an honest no, which is no loss. */
  readonly isRefusal?: (answer: RawAnswer) => boolean
}

/** How a request was lost. `New` is a connection's first request, `Reused` any other. */
export const lossKinds = [
  'refused',
  'resetNew',
  'resetReused',
  'unansweredNew',
  'unansweredReused',
  'short',
  'wrong',
] as const

export type LossKind = (typeof lossKinds)[number]

/** One request that did not get its whole, right answer, and what is known of it. */
export class Loss extends Error {
  readonly kind: LossKind
  readonly atMs: number
  readonly connection: number
  readonly requestOnConnection: number
  readonly detail: string

  constructor(
    kind: LossKind,
    detail: string,
    at: Pick<Loss, 'atMs' | 'connection' | 'requestOnConnection'>,
  ) {
    super(`${kind}: ${detail}`)
    this.kind = kind
    this.detail = detail
    this.atMs = at.atMs
    this.connection = at.connection
    this.requestOnConnection = at.requestOnConnection
  }
}

interface Tally {
  bytesRead: number
  connections: number
  closedByHeader: number
  closedWhileIdle: number
}

/**
 * HTTP clients that behave as RFC 9112 asks: one request at a time, a new connection after `Connection: close` or when
 * the server closed an idle one, and no second try of a lost request.
 */
export class HttpLoad extends Load<Loss> {
  readonly #tally: Tally

  constructor(options: HttpLoadOptions) {
    const tally = { bytesRead: 0, connections: 0, closedByHeader: 0, closedWhileIdle: 0 }
    super((isStopping) => new HttpClient(options, tally, isStopping), options)
    this.#tally = tally
  }

  /** Of answers, whole or not. */
  get bytesRead(): number {
    return this.#tally.bytesRead
  }

  get connections(): number {
    return this.#tally.connections
  }

  /** Connections that ended because the other side said so; when churning, those that we closed ourselves. */
  get closedByHeader(): number {
    return this.#tally.closedByHeader
  }

  get counts(): Readonly<Record<string, number>> {
    const { connections, closedByHeader, closedWhileIdle } = this.#tally
    const lost = lossKinds.map((name) => [
      name,
      this.losses.filter(({ kind }) => kind === name).length,
    ])
    return {
      answered: this.answered,
      connections,
      closedByHeader,
      closedWhileIdle,
      ...(Object.fromEntries(lost) as Record<LossKind, number>),
    }
  }
}

class HttpClient implements LoadClient {
  readonly #options: HttpLoadOptions
  readonly #tally: Tally
  readonly #isStopping: () => boolean
  readonly #request: string
  readonly #startedAt = performance.now()
  #connection: RawConnection | undefined
  #place = 0
  #requests = 0

  constructor(options: HttpLoadOptions, tally: Tally, isStopping: () => boolean) {
    this.#options = options
    this.#tally = tally
    this.#isStopping = isStopping
    const headers = options.isChurning === true ? ['Connection: close'] : []
    this.#request = options.request ?? rawRequest(`GET ${options.target}`, { headers })
  }

  async ask(): Promise<boolean> {
    const connection = this.#openConnection()
    if (connection.waiting > 0) throw this.#lose('wrong', 'an answer that nobody asked for')
    const before = connection.received
    this.#requests++
    const { patienceMs: ms = 30_000 } = this.#options
    connection.send(this.#request)
    try {
      this.#judge(await connection.answer({ ms }))
      return true
    } catch (error) {
      if (error instanceof Loss || error instanceof Refusal) throw error
      // A port that closed after the load was over.
      if (connection.end === 'ECONNREFUSED' && this.#isStopping()) return false
      const kind = this.#kindOf(connection.end, connection.received - before)
      throw this.#lose(kind, error instanceof Error ? error.message : String(error))
    }
  }

  end(): void {
    this.#connection?.leave()
    this.#connection = undefined
  }

  #openConnection(): RawConnection {
    if (this.#connection !== undefined) {
      if (this.#connection.end === undefined) return this.#connection
      this.#tally.closedWhileIdle++
      this.end()
    }
    const { port, isTls = false, bytesPerSecond } = this.#options
    const address = { port, host: '127.0.0.1', noDelay: true }
    const socket = isTls ? connectTls({ ...address, rejectUnauthorized: false }) : connect(address)
    socket.on('data', (bytes: Buffer) => {
      this.#tally.bytesRead += bytes.length
      if (bytesPerSecond === undefined) return
      // What is not read stays in the kernel, then in the proxy, then in the origin.
      socket.pause()
      setTimeout(() => socket.resume(), (bytes.length / bytesPerSecond) * 1000)
    })
    this.#place = ++this.#tally.connections
    this.#requests = 0
    this.#connection = new RawConnection(socket)
    return this.#connection
  }

  #judge(answer: RawAnswer): void {
    const { isRight, isRefusal = () => false, isChurning = false } = this.#options
    if (!isRight(answer)) {
      const start = answer.body.toString('latin1', 0, 200)
      const what = `status ${answer.status}, ${answer.body.length} bytes: ${start}`
      if (!isRefusal(answer)) throw this.#lose('wrong', what)
      this.end()
      throw new Refusal(what)
    }
    if (!isChurning && headerOf(answer, 'connection') !== 'close') return
    this.#tally.closedByHeader++
    this.end()
  }

  #kindOf(end: End | undefined, bytes: number): LossKind {
    if (end === 'ECONNREFUSED') return 'refused'
    if (bytes > 0) return end === undefined ? 'wrong' : 'short'
    const how = end === undefined || end === 'FIN' ? 'unanswered' : 'reset'
    return `${how}${this.#requests === 1 ? 'New' : 'Reused'}`
  }

  #lose(kind: LossKind, detail: string): Loss {
    const at = {
      atMs: Math.round(performance.now() - this.#startedAt),
      connection: this.#place,
      requestOnConnection: this.#requests,
    }
    this.end()
    return new Loss(kind, detail, at)
  }
}
