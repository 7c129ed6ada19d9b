import { createHash, timingSafeEqual } from 'node:crypto'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Registry } from 'prom-client'

/** What the admin port shows. */
export interface AdminOptions {
  readonly isReady: () => boolean
  readonly registry: Registry
  readonly openApi: () => object
  readonly configz: () => object
  readonly token: string | undefined
  /** Begins the drain that a SIGTERM begins. */
  readonly drain: () => void
  /** Takes the origin out of rotation, or back in, without draining it. */
  readonly setReady: (isReady: boolean) => void
}

interface Answer {
  readonly status?: number
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

type Page = () => Answer | Promise<Answer>

/** The control plane's port, served by the primary alone: it answers while every worker is saturated. */
export class Admin {
  readonly #server: Server
  readonly #pages: ReadonlyMap<string, Page>
  readonly #actions: ReadonlyMap<string, () => void>
  readonly #token: string | undefined

  constructor(options: AdminOptions) {
    const { isReady, registry, openApi, configz, drain, setReady } = options
    this.#token = options.token
    this.#actions = new Map([
      ['/drain', drain],
      ['/readyz/disable', () => setReady(false)],
      ['/readyz/enable', () => setReady(true)],
    ])
    this.#pages = new Map<string, Page>([
      ['/livez', () => ({ body: 'ok\n' })],
      ['/readyz', () => (isReady() ? { body: 'ok\n' } : { status: 503, body: 'not ready\n' })],
      [
        '/metrics',
        async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
      ],
      ['/openapi.json', () => jsonPage(openApi())],
      ['/configz', () => jsonPage(configz())],
    ])
    this.#server = createServer((request, response) => void this.#serve(request, response))
  }

  /** Resolves to the port. */
  open(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) =>
        reject(new Error(`admin: cannot listen on ${host} port ${port}: ${error.message}`)),
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
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    const action = this.#actions.get(path)
    if (action !== undefined) return this.#act(request, response, action)
    const page = this.#pages.get(path)
    if (page === undefined) {
      return this.#send(response, notFound([...this.#pages.keys(), ...this.#actions.keys()]))
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return this.#send(response, wrongMethod('GET, HEAD'))
    }
    return this.#send(response, await page())
  }

  #act(request: IncomingMessage, response: ServerResponse, action: () => void): void {
    if (request.method !== 'POST') return this.#send(response, wrongMethod('POST'))
    const refusal = this.#refusal(request)
    if (refusal !== undefined) return this.#send(response, refusal)
    action()
    return this.#send(response, { status: 202, body: 'accepted\n' })
  }

  // A token when there is one; else loopback, which is where a port-forward comes from.
  #refusal({ headers, socket }: IncomingMessage): Answer | undefined {
    if (this.#token === undefined) {
      const address = socket.remoteAddress ?? ''
      if (/^(?:::ffff:)?127\.|^::1$/.test(address)) return undefined
      return { status: 403, body: 'without admin.token, POST is taken from loopback only\n' }
    }
    const [given, wanted] = [headers.authorization ?? '', `Bearer ${this.#token}`].map((text) =>
      createHash('sha256').update(text).digest(),
    ) as [Buffer, Buffer]
    // Digests, so that neither time nor length tells anything of the token.
    if (timingSafeEqual(given, wanted)) return undefined
    const allow = { 'WWW-Authenticate': 'Bearer' }
    return { status: 401, headers: allow, body: 'send Authorization: Bearer <admin.token>\n' }
  }

  #send(
    response: ServerResponse,
    { status = 200, contentType = 'text/plain', headers, body }: Answer,
  ): void {
    response.writeHead(status, {
      'Content-Type': contentType,
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      ...headers,
    })
    response.end(body)
  }
}

function wrongMethod(allowed: string): Answer {
  return { status: 405, headers: { Allow: allowed }, body: `use ${allowed}\n` }
}

function jsonPage(value: object): Answer {
  return { contentType: 'application/json', body: `${JSON.stringify(value, null, 2)}\n` }
}

function notFound(paths: readonly string[]): Answer {
  return { status: 404, body: `there is ${paths.join(', ')}\n` }
}
