import HyperExpress from 'hyper-express'
import uWebSockets, {
  type HttpRequest,
  type HttpResponse,
  type TemplatedApp,
  type us_listen_socket,
} from 'uWebSockets.js'

import { createBodyCollector } from '../endpoints/body.ts'
import { type Endpoint, type Origin, type Reply } from '../endpoints/endpoint.ts'
import { type BindTarget, createBindTarget, routePatterns } from '../endpoints/target.ts'
import { OriginError } from '../errors.ts'
import type { Slab } from '../telemetry/slab.ts'
import { type AnswerContext, FastAnswer } from './fast-answer.ts'
import { FastExchange, type FastPort } from './fast-exchange.ts'
import { FastWebSockets } from './fast-ws.ts'
import type { Listener } from './listener.ts'

export interface FastOptions {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly tls?: { readonly certFile: string; readonly keyFile: string }
  readonly origin: Origin
  readonly slab: Slab
  readonly rows: readonly Endpoint[]
  readonly unknownPathRow: Endpoint
  readonly webSockets: FastWebSockets
  /** Told of an exception that is nobody's refusal: the worker is to end. */
  readonly onBug: (error: unknown) => void
}

/** A row as this listener serves it. */
interface Route {
  readonly row: Endpoint
  /** Its place in the table, which is its label in the slab. */
  readonly index: number
  readonly bind: BindTarget
}

/**
 * The fast listener: hyper-express makes, opens and closes the server; routes go straight to its
 * uWebSockets instance. hyper-express's own request and response cost 0.7-0.9 us of 5 per request
 * (2.0 x when pipelined), lose repeated headers and cannot stream a body with 'data' events.
 */
export class FastListener implements Listener {
  readonly name: string
  readonly #options: FastOptions
  readonly #server: HyperExpress.Server
  readonly #app: TemplatedApp
  readonly #context: AnswerContext
  #port: FastPort
  #isOpen = false

  constructor(options: FastOptions) {
    const { tls } = options
    this.name = options.name
    this.#options = options
    this.#server = new HyperExpress.Server({
      auto_close: false,
      ...(tls && { cert_file_name: tls.certFile, key_file_name: tls.keyFile }),
    })
    this.#app = this.#server.uws_instance
    this.#context = { ...options, isDraining: options.origin.isDraining }
    this.#port = {
      origin: options.origin,
      scheme: tls === undefined ? 'http' : 'https',
      address: '',
    }
  }

  async open(): Promise<number> {
    const { host, port, rows, slab, webSockets } = this.#options
    this.#app.filter((_response, change) => {
      slab.add('connectionsOpen', Number(change))
      if (Number(change) < 0) return
      slab.add('connectionsOpened', 1)
      slab.set('lastConnectionAt', Date.now())
    })
    webSockets.register(this.#app)
    for (const [index, row] of rows.entries()) {
      const route = { row, index, bind: createBindTarget(row) }
      for (const pattern of routePatterns(row)) this.#addRoute(pattern, route)
    }
    const socket = await this.#listen(host, port)
    this.#isOpen = true
    const opened = uWebSockets.us_socket_local_port(socket)
    this.#port = { ...this.#port, address: `${host.includes(':') ? `[${host}]` : host}:${opened}` }
    return opened
  }

  drain(spreadMs: number): void {
    this.#options.webSockets.drain(spreadMs)
  }

  stopAccepting(): void {
    if (this.#isOpen) this.#server.close()
    this.#isOpen = false
  }

  close(): void {
    this.stopAccepting()
    this.#app.close()
  }

  async #listen(host: string, port: number): Promise<us_listen_socket> {
    const { rows, unknownPathRow: row } = this.#options
    const unknown = { row, index: rows.indexOf(row), bind: createBindTarget(row) }
    try {
      // In the callback, because hyper-express binds a 404 of its own to '/*' just before.
      return await this.#server.listen(port, host, () => this.#addRoute('/*', unknown))
    } catch {
      // hyper-express rejects with a text that names neither.
      throw new Error(
        `${this.name}: cannot listen on ${host} port ${port}: it is in use, or not ours to open`,
      )
    }
  }

  #addRoute(pattern: string, route: Route): void {
    this.#app.any(pattern, (response, request) => this.#serve(route, response, request))
  }

  #serve(route: Route, response: HttpResponse, request: HttpRequest): void {
    const exchange = new FastExchange(this.#port, response, request)
    const answer = new FastAnswer(this.#context, route.index, response, exchange)
    try {
      exchange.readHeaders(route.row.reads)
      const reply = this.#handle(route, exchange, answer)
      if (reply === undefined) answer.outlive()
      else if (reply instanceof Promise) answer.follow(reply)
      else answer.now(reply)
    } catch (error) {
      answer.now(answer.refusal(error))
    }
  }

  /** Undefined when the answer waits for the body. */
  #handle(
    { row, bind }: Route,
    exchange: FastExchange,
    answer: FastAnswer,
  ): Reply | Promise<Reply> | undefined {
    const { origin } = this.#options
    if (row.methods !== undefined) checkMethod(row.methods, exchange.method)
    const values = bind(exchange.path, exchange.query, origin.limits())
    if (row.reads !== 'whole' || !hasBody(exchange)) return row.handle(exchange, values)
    const collector = createBodyCollector(origin.echoBodyBytes())
    exchange.onBody(
      (error) => answer.fail(error),
      (piece, isLast) => {
        collector.take(piece)
        if (!isLast) return
        exchange.body = collector.body()
        answer.settle(() => row.handle(exchange, values))
      },
    )
    return undefined
  }
}

function checkMethod(allowed: readonly string[], method: string): void {
  if (allowed.includes(method) || (method === 'HEAD' && allowed.includes('GET'))) return
  throw new OriginError(
    'METHOD_NOT_ALLOWED',
    `${method} is not allowed; use ${allowed.join(' or ')}`,
    [['Allow', allowed.join(', ')]],
  )
}

function hasBody(exchange: FastExchange): boolean {
  return exchange.header('content-length') !== '' || exchange.header('transfer-encoding') !== ''
}
