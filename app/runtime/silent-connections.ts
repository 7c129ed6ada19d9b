import type { Logger } from '../telemetry/log.ts'
import { readBodies, readScalar } from '../telemetry/slab-reader.ts'
import type { Ports } from './messages.ts'

/** Where connections and requests are counted, and where the port of the wire listener is known. */
export interface SilentConnectionsOptions {
  readonly slabs: () => readonly SharedArrayBuffer[]
  readonly ports: () => Ports | undefined
  readonly log: Pick<Logger, 'warn'>
}

/** Counters of the fast listener at one look. */
interface Look {
  readonly opened: number
  readonly closed: number
  readonly requests: number
}

const nothing: Look = { opened: 0, closed: 0, requests: 0 }

/**
 * Notices connections to the fast listener that end without a request. When its engine cannot parse what a client
 * sends, it answers by itself (an HTML page with 505 for HTTP/1.0, TLS or the PROXY protocol) and reports nothing, so
 * such clients would be invisible.
 *
 * Which connection a request came on is not known, so this counts what is certain: connections that opened in one
 * second, less all requests of that second and the next, and no more than ended in these two. Beside busy clients it
 * counts too few.
 */
export class SilentConnections {
  readonly #options: SilentConnectionsOptions
  #before = nothing
  #middle = nothing
  #count = 0

  constructor(options: SilentConnectionsOptions) {
    this.#options = options
  }

  /** Connections noticed since the start. */
  get count(): number {
    return this.#count
  }

  /** To be called once a second. */
  look(): void {
    const [before, middle, now] = [this.#before, this.#middle, this.#read()]
    this.#before = middle
    this.#middle = now
    const silent = Math.min(
      middle.opened - before.opened - (now.requests - before.requests),
      now.closed - before.closed,
    )
    if (silent <= 0) return
    if (this.#count === 0) this.#warn(silent)
    this.#count += silent
  }

  #read(): Look {
    const slabs = this.#options.slabs()
    const sumOf = (read: (slab: SharedArrayBuffer) => number): number =>
      slabs.reduce((sum, slab) => sum + read(slab), 0)
    const opened = sumOf((slab) => readScalar(slab, 'connectionsOpened', 'fast'))
    const open = sumOf((slab) => readScalar(slab, 'connectionsOpen', 'fast'))
    // Every finished exchange has the size of its body in one bucket.
    const over = sumOf((slab) => readBodies(slab, 'in', 'fast').reduce((sum, one) => sum + one, 0))
    const active = sumOf((slab) => readScalar(slab, 'exchangesActive', 'fast'))
    return { opened, closed: opened - open, requests: over + active }
  }

  #warn(connections: number): void {
    const wire = this.#options.ports()?.wire
    const other = wire === undefined ? 'open wire.port for it' : `or use port ${wire} (wire)`
    this.#options.log.warn(
      { connections },
      'connections to the fast listener (http.port, https.port) end without a request that it can read: ' +
        `HTTP/1.0 is answered 505 there (nginx: set proxy_http_version 1.1; ${other}), and so are TLS on the port without TLS ` +
        'and the PROXY protocol (wire.proxyProtocol is for the wire ports); checks that only connect look the same',
    )
  }
}
