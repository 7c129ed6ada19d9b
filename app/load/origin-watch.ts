import { setTimeout as sleep } from 'node:timers/promises'

import { askJson, numberIn, textIn } from './asking.ts'
import type { OriginFigures } from './report/load-report.ts'

const everyMs = 1000
// Its numbers are those of its last full second.
const staleMs = 1100

/** The origin's own numbers while the run goes on, asked of its admin port once a second. */
export class OriginWatch {
  readonly #base: string
  readonly #timer: NodeJS.Timeout
  #first: unknown
  #last: unknown
  #least: number | null = null
  #note: string | null = null
  #highest: number | null = null
  #deepest: number | null = null
  #trouble: string | undefined
  #asking: Promise<void> | undefined

  private constructor(base: string) {
    this.#base = base
    this.#timer = setInterval(() => this.#askOnce(), everyMs)
  }

  /** Begins to watch; resolves after the first look. `isWarm`: it has just been asked for other things. */
  static async begin(base: string, isWarm: boolean): Promise<OriginWatch> {
    if (isWarm) await sleep(staleMs)
    const watch = new OriginWatch(base)
    await watch.#ask()
    return watch
  }

  /** The headroom as it was last told. */
  get headroom(): number | null {
    return numberIn(this.#last, 'headroom_ratio')
  }

  /** Ends it: what it saw, or why it saw nothing. */
  async end(): Promise<OriginFigures | string> {
    clearInterval(this.#timer)
    await this.#asking
    await sleep(staleMs)
    await this.#ask()
    if (this.#last === undefined) return this.#trouble ?? 'the origin told nothing'
    return {
      headroom_least: this.#least,
      headroom_note: this.#note,
      completed: this.#grown('completed_requests'),
      errors: this.#grown('error_count'),
      rejected: this.#grown('rejected_count'),
      p99_latency_ms: this.#highest === null ? null : this.#highest / 1000,
      queue_depth: this.#deepest,
    }
  }

  // An origin that is slow to answer is not asked twice at a time.
  #askOnce(): void {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    })
  }

  async #ask(): Promise<void> {
    try {
      const page = await askJson(this.#base, '/api/v1/stats')
      this.#first ??= page
      // The first tells of the time before the run.
      if (this.#last !== undefined) this.#compare(page)
      this.#last = page
    } catch (error) {
      this.#trouble = error instanceof Error ? error.message : String(error)
    }
  }

  #compare(page: unknown): void {
    const headroom = numberIn(page, 'headroom_ratio')
    if (headroom !== null && (this.#least === null || headroom < this.#least)) {
      this.#least = headroom
      this.#note = textIn(page, 'headroom_note')
    }
    this.#highest = higher(this.#highest, numberIn(page, 'p99_latency_us'))
    this.#deepest = higher(this.#deepest, numberIn(page, 'queue_depth'))
  }

  #grown(name: string): number | null {
    const [before, now] = [numberIn(this.#first, name), numberIn(this.#last, name)]
    return before === null || now === null ? null : now - before
  }
}

function higher(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other
  return Math.max(one, other)
}
