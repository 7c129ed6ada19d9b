import type HyperExpress from 'hyper-express'

import type { Slab } from '../../telemetry/slab.ts'
import type { TlsSettings } from '../port/node-tls.ts'
import { cannotListen, whyRefused } from '../port/refused-port.ts'
import { type EngineService, TlsApp, createEngine } from './engine-app.ts'
import { muteEngine } from './engine-output.ts'
import { engineTls } from './tls.ts'

/** A port of the fast engine and what is served there. */
export interface EnginePortOptions extends EngineService {
  readonly host: string
  readonly port: number
  /** Counts the port while it is open. */
  readonly slab: Slab
  readonly tls?: TlsSettings
}

// Apps with earlier certificates, kept while they have connections. A connection that outlives more renewals than this
// is cut.
const retiredLimit = 4

/**
 * A port of the fast engine in this worker. The engine reads certificates only when an app is made, so a TLS port
 * consists of two: one app has the listening socket, for good, and passes each connection, before its handshake, to the
 * app with the current certificates. Earlier apps keep the connections that they have. If each app had a listening
 * socket of its own, a renewal would reset what is queued on the old one and lose its socket options. A renewal costs
 * 0.3 ms and, because the engine forgets no app, 60 KiB.
 */
export class EnginePort {
  readonly #options: EnginePortOptions
  #server: HyperExpress.Server | undefined
  #current: TlsApp | undefined
  #retired: readonly TlsApp[] = []
  #isOpen = false

  constructor(options: EnginePortOptions) {
    this.#options = options
  }

  /** Rejects with a sentence when the port is in use, or when the certificates are not valid. */
  async open(): Promise<void> {
    const { host, port, name, tls, serve, serveRest, onChange } = this.#options
    if (tls?.sniDirectory !== undefined) await muteEngine()
    const server = createEngine(name, tls && engineTls(tls, tls))
    const app = server.uws_instance
    this.#server = server
    if (tls === undefined) {
      app.filter((response, change) => onChange(response, Number(change)))
      serve(app)
    } else {
      this.#current = new TlsApp(tls, this.#options)
      this.#current.succeed(app, undefined)
    }
    try {
      // In the callback, because hyper-express binds a 404 of its own to '/*' just before.
      await server.listen(port, host, () => serveRest(app))
    } catch {
      // The engine does not give a reason.
      const why = (await whyRefused(host, port)) ?? new Error('the engine does not say why')
      throw cannotListen({ name, host, port }, why)
    }
    this.#isOpen = true
    this.#options.slab.add('portsOpen', 1)
  }

  /**
   * Serves the current certificates of the files to new connections. Throws what is wrong with them, and then changes
   * nothing.
   */
  renew(): void {
    const { tls } = this.#options
    const [app, before] = [this.#server?.uws_instance, this.#current]
    if (tls === undefined || app === undefined || before === undefined) return
    const next = new TlsApp(tls, this.#options)
    next.succeed(app, before)
    this.#current = next
    // A connection may be on its way to the last one, so it is kept in any case.
    const retired = [...this.#retired.filter(({ connections }) => connections > 0), before]
    for (const oldest of retired.slice(0, -retiredLimit)) oldest.close()
    this.#retired = retired.slice(-retiredLimit)
  }

  /** Accepts no new connections. */
  closePort(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#server?.close()
    this.#options.slab.add('portsOpen', -1)
  }

  /** Cuts all connections; the thread may end after this. */
  close(): void {
    this.closePort()
    this.#server?.uws_instance.close()
    this.#current?.close()
    for (const app of this.#retired) app.close()
  }
}
