import type { CollectedBody } from './endpoint.ts'

/** Keeps the first bytes of a body, counts the rest. */
export interface BodyCollector {
  take(piece: Uint8Array): void
  body(): CollectedBody
}

const nothing = Buffer.alloc(0)

/** A body that is not there. */
export const emptyBody: CollectedBody = { bytes: nothing, size: 0 }

/** A body that came in one piece, as it is. */
export function lentBody(piece: Uint8Array, limitBytes: number): CollectedBody {
  const kept = Math.min(piece.length, limitBytes)
  return { bytes: Buffer.from(piece.buffer, piece.byteOffset, kept), size: piece.length }
}

/** `take` copies what it keeps: pieces are only lent to it. */
export function createBodyCollector(limitBytes: number): BodyCollector {
  const kept: Buffer[] = []
  let keptBytes = 0
  let size = 0
  return {
    take(piece) {
      size += piece.length
      const room = Math.min(piece.length, limitBytes - keptBytes)
      if (room <= 0) return
      kept.push(Buffer.from(piece.subarray(0, room)))
      keptBytes += room
    },
    body: () => ({ bytes: kept.length === 1 ? (kept[0] ?? nothing) : Buffer.concat(kept), size }),
  }
}
