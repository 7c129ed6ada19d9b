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

/** `127.0.0.1:80` or `[2001:db8::1]:80` of an address as Node gives it; mapped IPv4 as IPv4. */
export function addressWithPort(address = '', port = 0): string {
  const plain = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`
}

/** The host of what `addressWithPort` gives. */
export function hostOf(address: string): string {
  return address.replace(/:\d+$/, '')
}
