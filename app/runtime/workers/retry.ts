const firstMs = 1000
const longestMs = 60_000

/** Repeats something until it succeeds, each time after twice as long. */
export class Retry {
  readonly #attempt: () => Promise<void>
  readonly #onFailure: (error: unknown, nextMs: number) => void
  #waitMs = firstMs
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  /** `onFailure` gets the time until the next attempt; `fail` calls it for the first failure. */
  constructor(attempt: () => Promise<void>, onFailure: (error: unknown, nextMs: number) => void) {
    this.#attempt = attempt
    this.#onFailure = onFailure
  }

  /** Something failed: reports it, and tries again later. */
  fail(error: unknown): void {
    if (this.#isStopped) return
    this.#onFailure(error, this.#waitMs)
    if (this.#timer !== undefined) return
    this.#timer = setTimeout(() => void this.#again(), this.#waitMs).unref()
    this.#waitMs = Math.min(2 * this.#waitMs, longestMs)
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  async #again(): Promise<void> {
    this.#timer = undefined
    try {
      await this.#attempt()
      if (this.#timer === undefined) this.#waitMs = firstMs
    } catch (error) {
      this.fail(error)
    }
  }
}
