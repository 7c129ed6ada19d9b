/** Whether a call is over, for everything that would otherwise wait in vain. */
export class Over {
  readonly #waiting = new Set<() => void>()
  #isOver = false

  get isOver(): boolean {
    return this.#isOver
  }

  /** The call is over. */
  come(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const leave of this.#waiting) leave()
    this.#waiting.clear()
  }

  /** Runs `leave` when the call is over, at once when it already is; returns a function that undoes that. */
  on(leave: () => void): () => void {
    if (this.#isOver) leave()
    else this.#waiting.add(leave)
    return () => this.#waiting.delete(leave)
  }
}
