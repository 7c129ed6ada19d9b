import { createCipheriv, createHash } from 'node:crypto'

// Written anew here, so that a mistake in the origin's own makers of bytes cannot hide itself.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** Bytes `start` to `end` of the alphabet payload. */
export function alphabetBytes(start: number, end: number): Buffer {
  const skip = start % alphabet.length
  const periods = Math.ceil((skip + end - start) / alphabet.length)
  return Buffer.from(alphabet.repeat(periods).slice(skip, skip + end - start))
}

/** The key of a seed's payload, 32 hex digits. */
export function keyOf(seed: number): string {
  return BigInt(seed).toString(16).padStart(32, '0')
}

/** The first bytes of a seed's payload: zeros through AES-128-CTR. The openssl program makes the same (test/judges). */
export function seededBytes(seed: number, bytes: number): Buffer {
  const cipher = createCipheriv('aes-128-ctr', Buffer.from(keyOf(seed), 'hex'), Buffer.alloc(16))
  return cipher.update(Buffer.alloc(bytes))
}

/** CRC-32C bit by bit (reflected polynomial 0x82F63B78), as 8 hex digits. */
export function crc32cHex(bytes: Uint8Array): string {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0')
}

/** In hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
