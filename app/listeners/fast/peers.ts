import type { HttpResponse } from 'uWebSockets.js'

import { addressText } from '../port/address.ts'

/**
 * The addresses of the peers of one port. The engine gives an address as a new ArrayBuffer, 2 us each time on an echo
 * of 12. But after a proxy all connections come from one address. So while all open connections share one address, it
 * is read per connection and not per request.
 */
export class FastPeers {
  #open = 0
  /** The address that all open connections share; '' once they do not, until all have ended. */
  #sole: string | undefined

  opened(address: string): void {
    this.#open++
    this.#sole = this.#sole === undefined || this.#sole === address ? address : ''
  }

  /** The address of the connection that has ended, if all have the same. */
  closed(): string | undefined {
    const sole = this.#sole
    this.#open--
    if (this.#open === 0) this.#sole = undefined
    return sole === '' ? undefined : sole
  }

  /** The peer's address, without its port, which the engine does not provide. */
  of(response: HttpResponse): string {
    return this.#sole === undefined || this.#sole === '' ? readAddress(response) : this.#sole
  }
}

/** The peer's address of a connection, without its port. */
export function readAddress(response: HttpResponse): string {
  return addressText(new Uint8Array(response.getRemoteAddress()))
}
