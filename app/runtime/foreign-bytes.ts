import type { Logger } from '../telemetry/log.ts'
import { readScalar } from '../telemetry/slab-reader.ts'

/** Where connections are counted. */
export interface ForeignBytesOptions {
  readonly slabs: () => readonly SharedArrayBuffer[]
  readonly log: Pick<Logger, 'warn'>
}

/**
 * Warns once about connections to the gRPC ports that do not begin with HTTP/2, and lists what they may be. HTTP/2 closes
 * such a connection without an error that a proxy would log.
 */
export class ForeignBytes {
  readonly #options: ForeignBytesOptions
  #isTold = false

  constructor(options: ForeignBytesOptions) {
    this.#options = options
  }

  /** To be called once a second. */
  look(): void {
    if (this.#isTold) return
    const { slabs, log } = this.#options
    const connections = slabs().reduce((sum, slab) => sum + readScalar(slab, 'badPrefaces'), 0)
    if (connections === 0) return
    this.#isTold = true
    log.warn(
      { connections },
      'connections to the gRPC ports do not begin with HTTP/2: HTTP/1.1 belongs on http.port or wire.port; and the gRPC ports ' +
        'take no PROXY protocol header (wire.proxyProtocol is for the wire ports): have the proxy not send it',
    )
  }
}
