import { type Socket, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'

import { type Answer, AnswerReader } from './answer-reader.ts'

export interface LoadOptions {
  readonly port: number
  /** Over TLS, whoever signed the certificate. */
  readonly isTls?: boolean
  /** A new connection for each request, as clients and proxies without keep-alive do. */
  readonly isChurning?: boolean
  readonly target: string
  readonly connections: number
  /** Between an answer and the next request, on its connection or on the one that follows it. */
  readonly thinkMs: number
  /** Reads no faster than this, on each connection, so that answers are under way for long. */
  readonly bytesPerSecond?: number
  /** Whether an answer is the one the target must give. */
  readonly isRight: (answer: Answer) => boolean
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
export interface Loss {
  readonly kind: LossKind
  readonly atMs: number
  readonly connection: number
  readonly requestOnConnection: number
  readonly detail: string
}

/**
 * Keep-alive clients that behave as RFC 9112 asks: one request at a time, a new connection after
 * `Connection: close` or when the server closed an idle one, and no second try of a lost request.
 */
export class LoadClient {
  answered = 0
  bytesRead = 0
  connections = 0
  closedByHeader = 0
  closedWhileIdle = 0
  readonly losses: Loss[] = []
  readonly #options: LoadOptions
  readonly #startedAt = performance.now()
  readonly #open = new Set<LoadConnection>()
  #isStopping = false

  constructor(options: LoadOptions) {
    this.#options = options
    for (let count = 0; count < options.connections; count++) this.#connect()
  }

  /** Lets the requests under way end, closes, and resolves to the counts. */
  async stop(): Promise<Readonly<Record<string, number>>> {
    this.#isStopping = true
    for (const connection of this.#open) connection.stop()
    const deadline = performance.now() + 15_000
    while (this.#open.size > 0 && performance.now() < deadline) await sleep(5)
    for (const connection of this.#open) connection.giveUp()
    return this.counts
  }

  get counts(): Readonly<Record<string, number>> {
    const lost = lossKinds.map((kind) => [
      kind,
      this.losses.filter((loss) => loss.kind === kind).length,
    ])
    return {
      answered: this.answered,
      connections: this.connections,
      closedByHeader: this.closedByHeader,
      closedWhileIdle: this.closedWhileIdle,
      ...(Object.fromEntries(lost) as Record<LossKind, number>),
    }
  }

  #connect(): void {
    if (this.#isStopping) return
    const place = ++this.connections
    const connection = new LoadConnection(this.#options, {
      answered: () => this.answered++,
      read: (bytes) => (this.bytesRead += bytes),
      lost: (kind, requestOnConnection, detail) => {
        const atMs = Math.round(performance.now() - this.#startedAt)
        this.losses.push({ kind, atMs, connection: place, requestOnConnection, detail })
      },
      ended: (why) => {
        if (!this.#open.delete(connection)) return
        if (why === 'header') this.closedByHeader++
        if (why === 'idle') this.closedWhileIdle++
        setTimeout(() => this.#connect(), this.#restMs(why))
      },
    })
    this.#open.add(connection)
  }

  #restMs(why: End): number {
    // Not at once after a loss, so that a port nobody listens on is not asked in a tight loop.
    if (why === 'loss') return 20
    return this.#options.isChurning === true ? this.#options.thinkMs : 0
  }
}

type End = 'header' | 'idle' | 'loss' | 'stop'

interface Events {
  readonly answered: () => void
  readonly read: (bytes: number) => void
  readonly lost: (kind: LossKind, requestOnConnection: number, detail: string) => void
  readonly ended: (why: End) => void
}

class LoadConnection {
  readonly #options: LoadOptions
  readonly #events: Events
  readonly #socket: Socket
  readonly #reader = new AnswerReader()
  #requests = 0
  #bytes = 0
  #isWaiting = true
  #isStopping = false
  #timer: NodeJS.Timeout | undefined
  #breath: NodeJS.Timeout | undefined

  constructor(options: LoadOptions, events: Events) {
    this.#options = options
    this.#events = events
    const address = { port: options.port, host: '127.0.0.1' }
    this.#socket =
      options.isTls === true
        ? connectTls({ ...address, rejectUnauthorized: false }, () => this.#ask())
        : connect({ ...address, noDelay: true }, () => this.#ask())
    this.#socket.on('data', (bytes: Buffer) => this.#receive(bytes))
    this.#socket.on('end', () => this.#closed('end'))
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#closed(error.code ?? 'error'))
  }

  /** Ends after the answer under way, or now when there is none. */
  stop(): void {
    this.#isStopping = true
    if (!this.#isWaiting || this.#requests === 0) this.#end('stop')
  }

  giveUp(): void {
    this.#lose('unanswered', 'no answer in time')
  }

  #ask(): void {
    this.#requests++
    this.#bytes = 0
    this.#isWaiting = true
    const { target, isChurning = false } = this.#options
    const close = isChurning ? 'Connection: close\r\n' : ''
    this.#socket.write(`GET ${target} HTTP/1.1\r\nHost: origin\r\n${close}\r\n`)
  }

  #receive(bytes: Buffer): void {
    this.#bytes += bytes.length
    this.#events.read(bytes.length)
    const { bytesPerSecond } = this.#options
    if (bytesPerSecond !== undefined) this.#breathe((bytes.length / bytesPerSecond) * 1000)
    for (const answer of this.#reader.push(bytes)) this.#answer(answer)
  }

  // What is not read stays in the kernel, then in the proxy, then in the origin.
  #breathe(ms: number): void {
    this.#socket.pause()
    this.#breath = setTimeout(() => this.#socket.resume(), ms)
  }

  #answer(answer: Answer): void {
    if (!this.#isWaiting || !this.#options.isRight(answer)) {
      const start = answer.body.toString('latin1', 0, 200)
      return this.#lose('wrong', `status ${answer.status}, ${answer.body.length} bytes: ${start}`)
    }
    this.#events.answered()
    this.#isWaiting = false
    if (this.#isStopping) return this.#end('stop')
    const { thinkMs, isChurning = false } = this.#options
    if (isChurning || answer.headers.get('connection') === 'close') return this.#end('header')
    if (thinkMs === 0) return this.#ask()
    this.#timer = setTimeout(() => this.#ask(), thinkMs)
    return undefined
  }

  #closed(how: string): void {
    if (how === 'ECONNREFUSED') return this.#lose('refused', how)
    if (!this.#isWaiting) return this.#end('idle')
    if (this.#bytes > 0) return this.#lose('short', `${how} after ${this.#bytes} bytes`)
    return this.#lose(how === 'end' ? 'unanswered' : 'reset', how)
  }

  #lose(kind: 'refused' | 'reset' | 'unanswered' | 'short' | 'wrong', detail: string): void {
    const isNew = this.#requests <= 1
    const named =
      kind === 'reset' || kind === 'unanswered'
        ? (`${kind}${isNew ? 'New' : 'Reused'}` as const)
        : kind
    this.#events.lost(named, this.#requests, detail)
    this.#end('loss')
  }

  #end(why: End): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#breath)
    this.#socket.removeAllListeners()
    this.#socket.on('error', () => {})
    this.#socket.destroy()
    this.#events.ended(why)
  }
}
