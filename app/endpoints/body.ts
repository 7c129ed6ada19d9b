import type { CollectedBody } from './endpoint.ts'

/** Keeps the first bytes of a body and counts the rest. */
export interface BodyCollector {
  take(piece: Uint8Array): void
  /** Bytes kept so far. */
  readonly keptBytes: number
  body(): CollectedBody
}

const nothing = Buffer.alloc(0)

/** The body of a request without one. */
export const emptyBody: CollectedBody = { bytes: nothing, size: 0 }

/** A body that came in one piece, as it is. */
export function lentBody(piece: Uint8Array, limitBytes: number): CollectedBody {
  const kept = Math.min(piece.length, limitBytes)
  return { bytes: Buffer.from(piece.buffer, piece.byteOffset, kept), size: piece.length }
}

/**
 * Keeps what it can of the pieces that `take` is given. It copies lent pieces. It keeps its own (`owns`), unless they
 * are a small part of their memory: copies of all pieces doubled the garbage.
 */
export function createBodyCollector(limitBytes: number, owns = false): BodyCollector {
  const kept: Buffer[] = []
  let keptBytes = 0
  let size = 0
  return {
    take(piece) {
      size += piece.length
      const room = Math.min(piece.length, limitBytes - keptBytes)
      if (room <= 0) return
      const part = piece.subarray(0, room)
      const isMost = owns && part.length * 2 > part.buffer.byteLength
      kept.push(isMost ? Buffer.from(part.buffer, part.byteOffset, part.length) : Buffer.from(part))
      keptBytes += room
    },
    get keptBytes() {
      return keptBytes
    },
    body: () => ({ bytes: kept.length === 1 ? (kept[0] ?? nothing) : Buffer.concat(kept), size }),
  }
}
