import type { Chunk, Chunks } from '../pace.ts'

/** Chunks that may end before the body does. */
export interface CutChunks {
  readonly chunks: Chunks
  /** Whether the last of them was the last byte before the cut; false until then, or when the body ended first. */
  readonly isCut: () => boolean
}

// What a fast engine has taken it must also have sent before its socket is closed, and some cannot be asked: they send
// what they queued when they are given more. So pieces are small, and the last byte comes alone.
const pieceBytes = 16 * 1024

const nothing = new Uint8Array(0)

/**
 * The first `at` bytes of `chunks`, in pieces of 16 KiB at most, with their waits. Each chunk must be rendered before the
 * next is asked for, as listeners do.
 */
export function cutChunks(chunks: Chunks, at: number): CutChunks {
  let left = at
  function* cut(): Generator<Chunk> {
    if (at === 0) yield { waitMs: 0, render: () => nothing }
    for (const { waitMs, render } of at === 0 ? [] : chunks) {
      let piece: Uint8Array = nothing
      const take = (): Uint8Array => {
        const taken = piece.subarray(0, lengthOfNext(piece.length, left))
        piece = piece.subarray(taken.length)
        left -= taken.length
        return taken
      }
      yield {
        waitMs,
        render: () => {
          const whole = render()
          piece = (typeof whole === 'string' ? Buffer.from(whole) : whole).subarray(0, left)
          return take()
        },
      }
      while (piece.length > 0) yield { waitMs: 0, render: take }
      if (left === 0) return
    }
  }
  return { chunks: { [Symbol.iterator]: cut }, isCut: () => left === 0 }
}

function lengthOfNext(there: number, left: number): number {
  if (there > pieceBytes) return pieceBytes
  return there === left && there > 1 ? there - 1 : there
}
