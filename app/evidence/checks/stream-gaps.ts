import { type Answer, type Piece, showMs } from '../client/answer.ts'
import type { Probe } from './check.ts'

/** How many events a stream of the origin's has. */
export const events = 20

/** Milliseconds between two of them. */
export const gapMs = 100

/** How a stream arrived: what of it came late, and in how many reads. */
export interface Streamed {
  readonly answer: Answer
  /** From the first byte of the body to the last, at the client. */
  readonly spreadMs: number
  readonly reads: number
  /** Held back: it arrived in less than a third of the time over which it was sent. */
  readonly isBuffered: boolean
  readonly seen: string
}

/** Asks for a stream, with more header lines if need be, and a header of the answer. */
export async function stream(
  probe: Probe,
  {
    fields = [],
    hp,
  }: { readonly fields?: readonly (readonly [string, string])[]; readonly hp?: string } = {},
): Promise<Streamed> {
  const path = `/sse?count=${events}&interval=${gapMs}ms`
  const request = { id: probe.token(), path, fields, ...(hp !== undefined && { hp }) }
  const answer = await probe.ask(request)
  const spreadMs = spreadOf(answer.pieces)
  const reads = answer.pieces.length
  // The origin itself takes at least this long; a busy client only makes it longer.
  const isBuffered = spreadMs < ((events - 1) * gapMs) / 3
  const seen = `${events} events, sent ${gapMs} ms apart, came in ${reads} reads over ${showMs(spreadMs)}; the head after ${showMs(answer.headMs)}`
  return { answer, spreadMs, reads, isBuffered, seen }
}

function spreadOf(pieces: readonly Piece[]): number {
  return (pieces.at(-1)?.atMs ?? 0) - (pieces[0]?.atMs ?? 0)
}
