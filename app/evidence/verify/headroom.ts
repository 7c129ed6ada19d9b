import { leastHeadroom } from '../checks/check.ts'
import type { Headroom, Origins } from './origins.ts'

// The origin's numbers are those of its last full second.
const everyMs = 1000

/** Asks the origin for its headroom once a second, from before the checks until after them. */
export class HeadroomWatch {
  readonly #origins: Pick<Origins, 'headroom'>
  readonly #timer: NodeJS.Timeout
  #least: Headroom | undefined
  #asking: Promise<void>

  constructor(origins: Pick<Origins, 'headroom'>) {
    this.#origins = origins
    this.#asking = this.#ask()
    this.#timer = setInterval(() => {
      this.#asking = this.#asking.then(() => this.#ask())
    }, everyMs)
    // A run that throws must not be kept alive by it.
    this.#timer.unref()
  }

  /** The least that was seen; undefined where the origin did not tell. */
  async end(): Promise<Headroom | undefined> {
    clearInterval(this.#timer)
    await this.#asking
    await this.#ask()
    return this.#least
  }

  async #ask(): Promise<void> {
    const now = await this.#origins.headroom()
    if (now !== undefined && now.ratio < (this.#least?.ratio ?? Number.POSITIVE_INFINITY)) {
      this.#least = now
    }
  }
}

/** Whether the origin was the bottleneck, as a sentence; undefined where it did not tell. */
export function headroomSentence(headroom: Headroom | undefined): string | undefined {
  if (headroom === undefined) return undefined
  const { ratio, note } = headroom
  const told = `${Math.round(ratio * 100)} %${note === null ? '' : ` (${note})`}`
  if (ratio >= leastHeadroom) return `The origin had at least ${told} of its headroom.`
  return `The origin was the bottleneck: its headroom went down to ${told}. Latency and concurrency (P1, C9) are its own.`
}
