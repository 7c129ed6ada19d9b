const firstMs = 1000
const longestMs = 60_000

/** Does something later, and again and again, each time after twice as long, until it can be done. */
export class Retry {
  readonly #attempt: () => Promise<void>
  readonly #onFailure: (error: unknown, nextMs: number) => void
  #waitMs = firstMs
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  /** `onFailure` is told when the next attempt is due, of the first failure by `fail`. */
  constructor(attempt: () => Promise<void>, onFailure: (error: unknown, nextMs: number) => void) {
    this.#attempt = attempt
    this.#onFailure = onFailure
  }

  /** Something could not be done: tells of it, and attempts to make up for it later. */
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
