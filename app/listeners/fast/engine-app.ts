import HyperExpress from 'hyper-express'
import type { HttpRequest, HttpResponse, TemplatedApp, WebSocketBehavior } from 'uWebSockets.js'

import { type TlsSettings, contextOptions, namedCertificates } from '../port/node-tls.ts'
import { type EngineTls, engineTls, mustShowCertificate } from './tls.ts'

/** Answers a request of the engine. */
export type Handler = (response: HttpResponse, request: HttpRequest) => void

/** Where handlers are put: an app of the engine, or one server name of it. */
export interface Routes {
  any(pattern: string, handler: Handler): unknown
  get(pattern: string, handler: Handler): unknown
  ws<Data>(pattern: string, behavior: WebSocketBehavior<Data>): unknown
}

/** What a port of the engine serves, and the callbacks for its connections. */
export interface EngineService {
  /** Its name in errors. */
  readonly name: string
  /** Adds all routes except the last. */
  readonly serve: (routes: Routes) => void
  /** Adds the route of all other paths. */
  readonly serveRest: (routes: Routes) => void
  /** A connection was opened (1), or has ended while it was HTTP (-1). */
  readonly onChange: (response: HttpResponse, change: number) => void
  /** Answers a request whose client must show a certificate and does not. */
  readonly refuse: Handler
}

/** hyper-express's server around a new engine. Throws a sentence when the engine rejects the TLS options. */
export function createEngine(name: string, tls?: EngineTls): HyperExpress.Server {
  try {
    // hyper-express passes all of its options on, including those of the engine that it does not know.
    return new HyperExpress.Server({ auto_close: false, ...tls })
  } catch {
    // hyper-express's text is a list of all options.
    throw new Error(
      `${name}: the engine (BoringSSL) cannot use one of ${tls?.cert_file_name}, its key, tls.clientCaFile and tls.ciphers`,
    )
  }
}

/** What the engine has and its types lack: one app accepts connections for others. */
interface SharingApp extends TemplatedApp {
  getDescriptor(): unknown
  addChildAppDescriptor(descriptor: unknown): void
  removeChildAppDescriptor(descriptor: unknown): void
}

/** What the engine has and its types lack: the client's certificate, PEM, or ''. */
interface TlsResponse extends HttpResponse {
  getX509Certificate(): string
}

/** An app with the certificates that the files had when it was made. Other apps accept its connections. */
export class TlsApp {
  readonly #app: SharingApp
  #connections = 0
  #isClosed = false

  /** Throws what is wrong with the files. */
  constructor(tls: TlsSettings, service: EngineService) {
    const named = namedCertificates(tls)
    // The engine does not report files of a server name that it cannot use.
    for (const files of named) contextOptions(tls, files)
    this.#app = createEngine(service.name, engineTls(tls, tls)).uws_instance as SharingApp
    const routes = this.#routes(mustShowCertificate(tls) ? service.refuse : undefined)
    this.#app.filter((response, change) => this.#count(service, response, Number(change)))
    serveAll(service, routes)
    for (const { name, ...files } of named) {
      // A server name is a router of its own.
      this.#app.addServerName(name, engineTls(tls, files)).domain(name)
      serveAll(service, routes)
    }
  }

  /** Connections open now, including WebSockets. */
  get connections(): number {
    return this.#connections
  }

  /** From now on `port` passes its connections, before their handshakes, to this app instead of `before`. */
  succeed(port: TemplatedApp, before: TlsApp | undefined): void {
    const sharing = port as SharingApp
    // There must be one at any time: otherwise the engine would read beyond its list.
    sharing.addChildAppDescriptor(this.#app.getDescriptor())
    if (before !== undefined) sharing.removeChildAppDescriptor(before.#app.getDescriptor())
  }

  /** Cuts all connections. */
  close(): void {
    this.#isClosed = true
    this.#app.close()
  }

  #count(service: EngineService, response: HttpResponse, change: number): void {
    this.#connections += change
    service.onChange(response, change)
    // It was on its way from the port when the app was closed.
    if (change > 0 && this.#isClosed) setImmediate(() => this.#app.close())
  }

  #routes(refuse: Handler | undefined): Routes {
    const app = this.#app
    const guard = (handler: Handler): Handler => (refuse ? guarded(handler, refuse) : handler)
    return {
      any: (pattern, handler) => app.any(pattern, guard(handler)),
      get: (pattern, handler) => app.get(pattern, guard(handler)),
      ws: (pattern, behavior) =>
        app.ws(pattern, {
          ...behavior,
          ...(refuse && behavior.upgrade && { upgrade: guardedUpgrade(behavior.upgrade, refuse) }),
          close: (...ended) => {
            // The filter reports a connection's end only while it is HTTP.
            this.#connections--
            behavior.close?.(...ended)
          },
        }),
    }
  }
}

function serveAll({ serve, serveRest }: EngineService, routes: Routes): void {
  serve(routes)
  serveRest(routes)
}

// The engine asks for a certificate and refuses one of other authorities in the handshake, but it accepts clients that
// have none. 30-90 ns for those without one.
function hasCertificate(response: HttpResponse): boolean {
  return (response as TlsResponse).getX509Certificate() !== ''
}

function guarded(handler: Handler, refuse: Handler): Handler {
  return (response, request) => {
    if (hasCertificate(response)) handler(response, request)
    else refuse(response, request)
  }
}

type Upgrade = NonNullable<WebSocketBehavior<unknown>['upgrade']>

function guardedUpgrade(upgrade: Upgrade, refuse: Handler): Upgrade {
  return (response, request, context) =>
    hasCertificate(response) ? upgrade(response, request, context) : refuse(response, request)
}
