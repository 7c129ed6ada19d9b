import { type BodyCollector, createBodyCollector } from '../../endpoints/body.ts'
import type { Endpoint, Origin, Reply } from '../../endpoints/endpoint.ts'
import {
  type BindTarget,
  checkMethod,
  createBindTarget,
  createRouter,
} from '../../endpoints/target.ts'
import { OriginError } from '../../errors.ts'
import { preflightReply } from '../http/cors.ts'
import { unknownExpectation } from '../http/expectation.ts'
import { checkFraming } from '../http/framing.ts'
import type { RateLimit } from '../http/rate-limit.ts'
import { ExchangeRecord, type Places, type Recorded } from '../http/record.ts'
import { notAHandshake } from '../http/ws-handshake.ts'
import { WireAnswer, type WireContext } from './answer.ts'
import type { WireExchange } from './exchange.ts'
import { refusalReply } from './refusal.ts'
import type { WireWebSockets } from './ws.ts'

/** The rows of a wire listener and where their exchanges are recorded. */
export interface WireRoutesOptions {
  readonly origin: Origin
  readonly rows: readonly Endpoint[]
  readonly unknownPathRow: Endpoint
  readonly webSockets: WireWebSockets
  readonly rateLimit: RateLimit
  /** Largest request head. */
  readonly headerBytes: number
  readonly places: Places
  readonly onBug: (error: unknown) => void
}

/** A row as this listener serves it. */
interface Route {
  readonly path: string
  readonly row: Endpoint
  readonly parameters: Endpoint['parameters']
  readonly bind: BindTarget
  readonly context: WireContext
}

/** Finds the endpoint of an exchange and answers with it; the same for HTTP/1 and HTTP/2. */
export class WireRoutes {
  readonly #options: WireRoutesOptions
  readonly #find: (path: string) => Route | undefined
  readonly #unknown: Route

  constructor(options: WireRoutesOptions) {
    const { rows, unknownPathRow } = options
    this.#options = options
    this.#unknown = this.#routeOf(unknownPathRow)
    this.#find = createRouter(rows.map((row) => this.#routeOf(row)))
  }

  /** Answers; `isLast` when the connection ends after it. Resolves when the whole answer has been given to Node. */
  async serve(exchange: WireExchange, isLast: boolean): Promise<void> {
    const socketRow = this.#options.webSockets.find(exchange.path)
    if (socketRow !== undefined) {
      const refusal = notAHandshake(exchange.method)
      return this.refuse(exchange, refusal, { path: socketRow.path, isLast })
    }
    const route = this.#find(exchange.path) ?? this.#unknown
    const answer = new WireAnswer(route.context, exchange, isLast)
    await answer.settle(() => {
      answer.readInjection()
      return this.#handle(route, exchange)
    })
  }

  /** Answers with a refusal, counted under the row of that path. */
  async refuse(
    exchange: WireExchange,
    error: unknown,
    { path, isLast }: { readonly path: string; readonly isLast: boolean },
  ): Promise<void> {
    const answer = new WireAnswer(this.#contextOf(path), exchange, isLast)
    await answer.settle(() => answer.refusal(error))
  }

  /** Answers 417 (RFC 9110 10.1.1). */
  refuseExpectation(exchange: WireExchange, isLast: boolean): Promise<void> {
    const error = unknownExpectation(exchange.header('expect'))
    return this.refuse(exchange, error, { path: '/', isLast })
  }

  /** The refusal of CONNECT. */
  connectRefusal(): OriginError {
    return new OriginError(
      'METHOD_NOT_ALLOWED',
      'CONNECT is not supported: this is an origin, not a proxy; use another method',
      [['Allow', 'GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS, TRACE']],
    )
  }

  /** Records an exchange that has no WireAnswer: a WebSocket's handshake, or a refusal on the bare socket. */
  begin(exchange: Recorded, path: string): ExchangeRecord {
    return new ExchangeRecord(this.#options.places(path), exchange)
  }

  #contextOf(path: string): WireContext {
    const { places, onBug, origin } = this.#options
    return { place: places(path), onBug, isDraining: origin.isDraining }
  }

  #routeOf(row: Endpoint): Route {
    const { path, parameters } = row
    return { path, parameters, row, bind: createBindTarget(row), context: this.#contextOf(path) }
  }

  async #handle({ row, bind, context }: Route, exchange: WireExchange): Promise<Reply> {
    const { origin, headerBytes } = this.#options
    const unfit = refuseHead(exchange, headerBytes)
    if (unfit !== undefined) return unfit
    checkHost(exchange)
    if (exchange.isHttp1) checkFraming(exchange.headers)
    const preflight = preflightReply(exchange)
    if (preflight !== undefined) return preflight
    this.#options.rateLimit.check(exchange, context.place.slab)
    checkMethod(row, exchange.method)
    const values = bind(exchange.path, exchange.query, origin.limits())
    if (row.reads !== 'whole') return row.handle(exchange, values)
    const collector: BodyCollector = createBodyCollector(origin.echoBodyBytes(), true)
    await exchange.readBody((piece) => {
      collector.take(piece)
      exchange.holds(collector.keptBytes)
    })
    exchange.body = collector.body()
    return row.handle(exchange, values)
  }
}

// RFC 9112 3.2: exactly one. Of two, a proxy and its origin may each use a different one.
function checkHost({ headers, httpVersion, authority }: WireExchange): void {
  const hosts = headers.filter((_, at) => at % 2 === 1 && headers[at - 1] === 'host')
  const isNeeded = httpVersion === '1.1'
  if (hosts.length > 1 || (hosts.length === 0 && isNeeded)) {
    throw new OriginError(
      'INVALID_REQUEST',
      `${hosts.length} Host headers; HTTP/1.1 has exactly one (RFC 9112 3.2)`,
    )
  }
  const host = [...hosts, authority ?? ''].find((one) => !isHost.test(one))
  if (host === undefined) return
  throw new OriginError('INVALID_REQUEST', `"${host}" is not a host; use name:port (RFC 9112 3.2)`)
}

// RFC 3986 3.2.2 and 3.2.3: a name, an IPv4 address, or an IP literal in brackets, and a port; all may be empty.
const isHost = /^(?:\[[\w.:~!$&'()*+,;=%-]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/

// What Node accepts: its HTTP/1 parser takes other versions, and HTTP/2 heads larger than announced.
function refuseHead(exchange: WireExchange, limit: number): Reply | undefined {
  const { isOfUnknownVersion, isHttp1, httpVersion, requestId, rawHeaders } = exchange
  if (isOfUnknownVersion) {
    const text = `HTTP/${httpVersion} is not spoken this way; use HTTP/1.0, HTTP/1.1 or HTTP/2`
    return refusalReply(505, ['INVALID_REQUEST', text], requestId)
  }
  // As HTTP/2 counts a header list (RFC 9113 6.5.2).
  const bytes = rawHeaders.reduce((sum, text) => sum + text.length, rawHeaders.length * 16)
  if (isHttp1 || bytes <= limit) return undefined
  const text = 'the request head is past limits.headerBytes'
  return refusalReply(431, ['INVALID_REQUEST', text], requestId)
}
