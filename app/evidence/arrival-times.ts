/** When the pieces of a body came, for a reader who asks whether somebody held them back. Times are in ms. */
export interface ArrivalTimes {
  /** When the first and the last byte came; null when none did. */
  readonly first_byte_ms: number | null
  readonly last_byte_ms: number | null
  /** When the body was whole. */
  readonly end_ms: number
  /** When the 100 was sent that the client waited for; null when it did not wait, or when the engine sent it. */
  readonly continue_ms: number | null
  /** The longest time between two pieces; null with fewer than two. */
  readonly longest_gap_ms: number | null
  readonly piece_count: number
  /** [ms, bytes] of each read of the socket, up to a bound. */
  readonly pieces: readonly (readonly [ms: number, bytes: number])[]
  /** There were more pieces than are shown. */
  readonly pieces_cut: boolean
}

// 20 KiB of JSON.
const mostPieces = 1000

/** Notes when each piece of a body comes, counted from `startedAt` (performance.now()). */
export class ArrivalMeter {
  readonly #startedAt: number
  readonly #pieces: (readonly [ms: number, bytes: number])[] = []
  #count = 0
  #first: number | null = null
  #last: number | null = null
  #longestGap: number | null = null
  #continueAt: number | null = null

  constructor(startedAt: number) {
    this.#startedAt = startedAt
  }

  /** The 100 is sent now. */
  continued(): void {
    this.#continueAt = this.#now()
  }

  take(bytes: number): void {
    const at = this.#now()
    if (this.#last !== null) {
      this.#longestGap = Math.max(this.#longestGap ?? 0, rounded(at - this.#last))
    }
    this.#first ??= at
    this.#last = at
    this.#count++
    if (this.#count <= mostPieces) this.#pieces.push([at, bytes])
  }

  /** The body is whole. */
  times(): ArrivalTimes {
    return {
      first_byte_ms: this.#first,
      last_byte_ms: this.#last,
      end_ms: this.#now(),
      continue_ms: this.#continueAt,
      longest_gap_ms: this.#longestGap,
      piece_count: this.#count,
      pieces: this.#pieces,
      pieces_cut: this.#count > mostPieces,
    }
  }

  #now(): number {
    return rounded(performance.now() - this.#startedAt)
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
