import type { HttpResponse } from 'uWebSockets.js'

/**
 * The addresses of the peers of one port. The engine gives an address as a new ArrayBuffer, 2 us a
 * time on an echo of 12; but behind a proxy all connections come from one address, so as long as
 * those open now do, it is asked for per connection and not per request.
 */
export class FastSources {
  #open = 0
  /** The address all open connections share; '' once they do not, until all are gone. */
  #sole: string | undefined

  opened(response: HttpResponse): void {
    this.#open++
    const address = readAddress(response)
    this.#sole = this.#sole === undefined || this.#sole === address ? address : ''
  }

  closed(): void {
    this.#open--
    if (this.#open === 0) this.#sole = undefined
  }

  /** The peer's address, without its port, which the engine does not tell. */
  of(response: HttpResponse): string {
    return this.#sole === undefined || this.#sole === '' ? readAddress(response) : this.#sole
  }
}

function readAddress(response: HttpResponse): string {
  return addressText(new Uint8Array(response.getRemoteAddress()))
}

/** `127.0.0.1` or `2001:db8::1`-style text of a 4 or 16 byte address; mapped IPv4 as IPv4. */
export function addressText(bytes: Uint8Array): string {
  const isMapped =
    bytes.length === 16 &&
    bytes[10] === 0xff &&
    bytes[11] === 0xff &&
    mappedPrefix.every((byte, at) => bytes[at] === byte)
  if (bytes.length === 4 || isMapped) {
    const at = bytes.length - 4
    return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`
  }
  const groups = Array.from({ length: bytes.length / 2 }, (_, group) =>
    (((bytes[group * 2] ?? 0) << 8) | (bytes[group * 2 + 1] ?? 0)).toString(16),
  )
  // The URL parser writes IPv6 in its shortest form (RFC 5952).
  return groups.length === 8 ? new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1) : ''
}

const mappedPrefix = new Uint8Array(10)
