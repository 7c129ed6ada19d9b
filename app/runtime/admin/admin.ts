import { createHash, timingSafeEqual } from 'node:crypto'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'

import type { Config } from '../../config/settings.ts'
import { acceptsHtml } from '../../endpoints/accept.ts'
import { isIgnoredName, unknownNameText } from '../../endpoints/query-names.ts'
import { cannotListen } from '../../listeners/port/refused-port.ts'
import { compress } from './compression.ts'
import { type AdminConnectionsOptions, followConnections } from './connections.ts'
import type { AdminAnswer, AdminRoute } from './route.ts'

/** What the admin port serves, and to whom it gives leave. */
export interface AdminOptions extends AdminConnectionsOptions {
  readonly routes: readonly AdminRoute[]
  /** The current settings. */
  readonly config: () => Pick<Config, 'admin.token' | 'query.ignored'>
}

/** The control plane's port, served by the primary alone: it answers while every worker is saturated. */
export class Admin {
  readonly #server: Server
  /** By path; a path may have several methods. */
  readonly #routes: ReadonlyMap<string, readonly AdminRoute[]>
  readonly #token: string | undefined
  readonly #config: AdminOptions['config']

  constructor({ routes, config, ...connections }: AdminOptions) {
    this.#config = config
    this.#token = config()['admin.token']
    this.#routes = Map.groupBy(routes, ({ path }) => path)
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        // A page that cannot be made is no reason to end the origin.
        const message = error instanceof Error ? error.message : String(error)
        if (response.headersSent) response.destroy()
        else send(response, { status: 500, body: `${message}\n` })
      })
    })
    followConnections(this.#server, connections)
  }

  /** Resolves to the port. */
  open(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      // Stays for good: an accept that fails later because no file is free is reported here, too, and ends nothing.
      this.#server.on('error', (error) =>
        reject(cannotListen({ name: 'admin', host, port }, error)),
      )
      this.#server.listen({ host, port }, () =>
        // It listens on TCP, so the address is not a pipe's name.
        resolve((this.#server.address() as AddressInfo).port),
      )
    })
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s)
    const { routes, rest } = this.#find(path)
    if (routes === undefined) return send(response, this.#contents(path))
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const route = routes.find((one) => one.method === method)
    if (route === undefined) return send(response, wrongMethod(routes))
    if (route.isForBrowsers === true && !acceptsHtml(request.headers.accept)) {
      return send(response, this.#contents(path))
    }
    const isGuarded = route.method !== 'GET' || route.isGuarded === true
    const refusal = isGuarded ? this.#refusal(request) : undefined
    if (refusal !== undefined) return send(response, refusal)
    const asked = new URLSearchParams(query)
    const ignored = new Set(this.#config()['query.ignored']?.split(','))
    const unknown = unknownName(route, asked, ignored)
    if (unknown !== undefined) return send(response, { status: 400, body: `${unknown}\n` })
    const { headers } = request
    const left = new AbortController()
    response.once('close', () => left.abort())
    const body = (): Promise<string | undefined> => readBody(request)
    const answer = await route.answer(
      { query: asked, rest, headers, body, signal: left.signal },
      response,
    )
    if (answer !== undefined) send(response, compress(answer, headers['accept-encoding']))
  }

  /** The routes of a path: its own, or those of a path that ends in a parameter. */
  #find(path: string): {
    readonly routes?: readonly AdminRoute[] | undefined
    readonly rest: string
  } {
    const own = this.#routes.get(path)
    if (own !== undefined) return { routes: own, rest: '' }
    for (const [pattern, routes] of this.#routes) {
      const fixed = pattern.slice(0, pattern.indexOf('{'))
      if (pattern.endsWith('}') && path.startsWith(fixed) && path.length > fixed.length) {
        return { routes, rest: decoded(path.slice(fixed.length)) }
      }
    }
    return { rest: '' }
  }

  // The list of pages, for / and for unknown paths.
  #contents(path: string): AdminAnswer {
    const told = [...this.#routes.values()].flat().filter(({ summary }) => summary !== '')
    const lines = told.map(
      ({ method, path: known, summary }) => `${method.padEnd(6)} ${known.padEnd(18)} ${summary}\n`,
    )
    if (path === '/') return { headers: { Vary: 'Accept' }, body: lines.join('') }
    return { status: 404, body: `there is no such page; there are\n\n${lines.join('')}` }
  }

  // A token when there is one; else loopback, which is where a port-forward comes from.
  #refusal({ headers, socket, method }: IncomingMessage): AdminAnswer | undefined {
    if (this.#token === undefined) {
      const address = socket.remoteAddress ?? ''
      if (/^(?:::ffff:)?127\.|^::1$/.test(address)) return undefined
      const what = method === 'GET' ? 'this page' : String(method)
      return { status: 403, body: `without admin.token, ${what} is for loopback only\n` }
    }
    const [given, wanted] = [headers.authorization ?? '', `Bearer ${this.#token}`].map((text) =>
      createHash('sha256').update(text).digest(),
    ) as [Buffer, Buffer]
    // Digests, so that neither time nor length tells anything of the token.
    if (timingSafeEqual(given, wanted)) return undefined
    const allow = { 'WWW-Authenticate': 'Bearer' }
    return { status: 401, headers: allow, body: 'send Authorization: Bearer <admin.token>\n' }
  }
}

function send(
  response: ServerResponse,
  { status = 200, contentType = 'text/plain', headers, body }: AdminAnswer,
): void {
  const isWhole = typeof body === 'string' || Buffer.isBuffer(body)
  response.writeHead(status, {
    'Content-Type': contentType,
    ...(isWhole && { 'Content-Length': Buffer.byteLength(body) }),
    'Cache-Control': 'no-store',
    ...headers,
  })
  if (isWhole) response.end(body)
  // A client that left mid-answer ended it itself; there is nothing to send.
  else pipeline(body, response, () => {})
}

// A mistyped name must be refused: otherwise the client gets an answer that it did not ask for.
function unknownName(
  { method, path, query: own = {}, takesAnyQuery }: AdminRoute,
  query: URLSearchParams,
  ignoredNames: ReadonlySet<string>,
): string | undefined {
  if (takesAnyQuery === true) return undefined
  const name = [...query.keys()].find(
    (one) => !Object.hasOwn(own, one) && !isIgnoredName(one, ignoredNames),
  )
  return name === undefined
    ? undefined
    : unknownNameText(name, `${method} ${path}`, Object.keys(own))
}

// What is not encoded well means itself.
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const mostBodyBytes = 64 * 1024

/** Undefined when it is too large; the connection ends then. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length
    if (bytes > mostBodyBytes) return undefined
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}

function wrongMethod(routes: readonly AdminRoute[]): AdminAnswer {
  const allowed = routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  const text = allowed.join(', ')
  return { status: 405, headers: { Allow: text }, body: `use ${text}\n` }
}
