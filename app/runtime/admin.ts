import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Registry } from 'prom-client'

/** What the admin port shows. */
export interface AdminOptions {
  readonly isReady: () => boolean
  readonly registry: Registry
  readonly openApi: () => object
}

interface Answer {
  readonly status?: number
  readonly contentType?: string
  readonly body: string
}

type Page = () => Answer | Promise<Answer>

/** The control plane's port, served by the primary alone: it answers while every worker is saturated. */
export class Admin {
  readonly #server: Server
  readonly #pages: ReadonlyMap<string, Page>

  constructor({ isReady, registry, openApi }: AdminOptions) {
    this.#pages = new Map<string, Page>([
      ['/livez', () => ({ body: 'ok\n' })],
      ['/readyz', () => (isReady() ? { body: 'ok\n' } : { status: 503, body: 'not ready\n' })],
      [
        '/metrics',
        async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
      ],
      [
        '/openapi.json',
        () => ({ contentType: 'application/json', body: JSON.stringify(openApi()) }),
      ],
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
    const page = this.#pages.get(path)
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (page === undefined) return this.#send(response, notFound([...this.#pages.keys()]))
    if (!isRead) {
      response.setHeader('Allow', 'GET, HEAD')
      return this.#send(response, { status: 405, body: 'use GET\n' })
    }
    return this.#send(response, await page())
  }

  #send(
    response: ServerResponse,
    { status = 200, contentType = 'text/plain', body }: Answer,
  ): void {
    response.writeHead(status, {
      'Content-Type': contentType,
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
    })
    response.end(body)
  }
}

function notFound(paths: readonly string[]): Answer {
  return { status: 404, body: `there is ${paths.join(', ')}\n` }
}
