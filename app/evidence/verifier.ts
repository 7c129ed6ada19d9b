/** The bytes that were meant to arrive, by position. */
interface Expected {
  slice(offset: number, limit: number): Uint8Array
}

/** Compares bytes with a payload as they arrive, keeping nothing but the position; bytes past its end are bad. */
export interface Verifier {
  take(piece: Uint8Array): void
  /** Position of the first byte that differs, or -1 while all are as expected. */
  firstBadOffset(): number
}

/** A verifier at the first byte. */
export function createVerifier(expected: Expected): Verifier {
  let position = 0
  let bad = -1
  return {
    take(piece) {
      for (let done = 0; done < piece.length && bad === -1;) {
        const want = expected.slice(position + done, piece.length - done)
        if (want.length === 0) bad = position + done
        const have = piece.subarray(done, done + want.length)
        // memcmp first: the byte loop runs once in the life of a corrupted body.
        if (Buffer.compare(have, want) !== 0) {
          bad = position + done + have.findIndex((byte, index) => byte !== want[index])
        }
        done += want.length
      }
      position += piece.length
    },
    firstBadOffset: () => bad,
  }
}
