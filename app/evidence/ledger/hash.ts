/** 64 bits of a text, for tables in shared memory; neither half is 0. */
export interface Hash {
  readonly low: number
  readonly high: number
}

/**
 * Hashes a text: two lanes of 32 bits, mixed as MurmurHash3 does. Some 60 ns for an id of 36 characters. Not for secrets:
 * somebody who chooses ids can make two of them one, which spoils their own evidence only.
 */
export function hashOf(text: string): Hash {
  let low = 0xdeadbeef
  let high = 0x41c6ce57
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    low = Math.imul(low ^ code, 2654435761)
    high = Math.imul(high ^ code, 1597334677)
  }
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  return { low: low | 0 || 1, high: high | 0 || 1 }
}
