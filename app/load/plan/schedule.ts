import { type Random, createRandom } from '../../traffic/random.ts'

/** A part of the run: the rate goes in a straight line from `from` to `to`, in requests a second. */
export interface Stage {
  readonly durationMs: number
  readonly from: number
  readonly to: number
}

/** When requests are due, whether or not earlier ones were answered. */
export interface OpenSchedule {
  readonly kind: 'open'
  readonly stages: readonly Stage[]
  /** Even gaps, or the random gaps of many clients that know nothing of each other (a Poisson process). */
  readonly arrivals: 'constant' | 'poisson'
  /** No more than so many. */
  readonly requests: number
  readonly seed: number
}

/** Each connection sends its next request when the last was answered. */
export interface ClosedSchedule {
  readonly kind: 'closed'
  readonly durationMs: number
  readonly requests: number
}

export type Schedule = OpenSchedule | ClosedSchedule

/** Which of several threads this is: thread `index` sends every `count`th request. */
export interface Share {
  readonly index: number
  readonly count: number
}

/** How many requests the stages have. */
export function requestsIn(stages: readonly Stage[]): number {
  return stages.reduce((sum, stage) => sum + requestsOf(stage), 0)
}

/** How long all stages take, in milliseconds. */
export function lengthOf(stages: readonly Stage[]): number {
  return stages.reduce((sum, { durationMs }) => sum + durationMs, 0)
}

/** The rate that the stages ask for at a time, in requests a second. */
export function rateAt(stages: readonly Stage[], atMs: number): number {
  let left = atMs
  for (const { durationMs, from, to } of stages) {
    if (left < durationMs) return from + ((to - from) * left) / durationMs
    left -= durationMs
  }
  return 0
}

/** The intended starts of one thread's requests, one after the other. */
export class Arrivals {
  readonly #schedule: OpenSchedule
  readonly #share: Share
  readonly #random: Random | undefined
  readonly #most: number
  #stage = 0
  #stageStartMs = 0
  /** Requests of all stages before this one. */
  #before = 0
  /** Place of the next request among those of all threads; with random gaps it is no whole number. */
  #place: number
  #taken = 0
  #nextMs: number

  constructor(schedule: OpenSchedule, share: Share) {
    this.#schedule = schedule
    this.#share = share
    const isRandom = schedule.arrivals === 'poisson'
    this.#random = isRandom ? createRandom(schedule.seed + share.index) : undefined
    this.#most = shareOf(schedule.requests, share)
    this.#place = this.#random === undefined ? share.index : this.#gap(this.#random)
    this.#nextMs = this.#due()
  }

  /** When the next request is due, in milliseconds from the start; Infinity when there is none. */
  get nextMs(): number {
    return this.#nextMs
  }

  /** Goes on to the next one. */
  take(): void {
    this.#taken++
    this.#place += this.#random === undefined ? this.#share.count : this.#gap(this.#random)
    this.#nextMs = this.#due()
  }

  /** How many were not taken; with random gaps, how many there would be on average. */
  get left(): number {
    const inStages = (requestsIn(this.#schedule.stages) - this.#place) / this.#share.count
    return Math.max(0, Math.min(Math.ceil(inStages - 1e-9), this.#most - this.#taken))
  }

  #gap(random: Random): number {
    return -Math.log(1 - random()) * this.#share.count
  }

  #due(): number {
    if (this.#taken >= this.#most) return Number.POSITIVE_INFINITY
    const { stages } = this.#schedule
    for (let stage = stages[this.#stage]; stage !== undefined; stage = stages[this.#stage]) {
      const requests = requestsOf(stage)
      if (this.#place < this.#before + requests - 1e-9)
        return this.#stageStartMs + timeOf(stage, this.#place - this.#before)
      this.#before += requests
      this.#stageStartMs += stage.durationMs
      this.#stage++
    }
    return Number.POSITIVE_INFINITY
  }
}

/** A thread's part of a number that is shared out. */
export function shareOf(total: number, { index, count }: Share): number {
  if (!Number.isFinite(total)) return total
  return Math.floor(total / count) + (index < total % count ? 1 : 0)
}

function requestsOf({ durationMs, from, to }: Stage): number {
  return ((from + to) / 2) * (durationMs / 1000)
}

/**
 * When request number `place` of a stage is due: the time t with from*t + slope*t*t/2 = place, written so that a flat
 * stage divides by nothing that is 0.
 */
function timeOf({ durationMs, from, to }: Stage, place: number): number {
  if (place <= 0) return 0
  const [start, slope] = [from / 1000, (to - from) / 1000 / durationMs]
  return (2 * place) / (start + Math.sqrt(Math.max(0, start * start + 2 * slope * place)))
}
