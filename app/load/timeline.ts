/** What happened in one step of the run. */
export interface Step {
  /** End of the step, in seconds from the start. */
  readonly atSeconds: number
  /** Of the step; a step that stands for several has their mean. */
  readonly seconds: number
  readonly sent: number
  readonly answered: number
  /** Answers with a status of 400 or more, and requests without a whole answer. */
  readonly bad: number
  readonly inFlight: number
  /** From the intended start, in milliseconds; null when nothing was answered. Of several steps, the highest. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly maxMs: number | null
  /** Of the origin, 0 to 1; null when it was not asked. Of several steps, the lowest. */
  readonly headroom: number | null
}

// As many as a chart has room for.
const mostSteps = 600

/** A run's steps: one a second at first, and of two, four and so on once there are too many to draw. */
export class Timeline {
  #steps: Step[] = []
  #secondsPerStep = 1
  #open: Step | undefined

  get steps(): readonly Step[] {
    return this.#open === undefined ? this.#steps : [...this.#steps, this.#open]
  }

  /** Adds what happened in one second. */
  add(step: Step): void {
    this.#open = this.#open === undefined ? step : join(this.#open, step)
    if (this.#open.seconds < this.#secondsPerStep - 0.5) return
    this.#steps.push(this.#open)
    this.#open = undefined
    if (this.#steps.length < mostSteps) return
    this.#steps = pairs(this.#steps)
    this.#secondsPerStep *= 2
  }
}

function pairs(steps: readonly Step[]): Step[] {
  return steps.flatMap((step, index) => {
    const next = steps[index + 1]
    if (index % 2 === 1) return []
    return next === undefined ? step : join(step, next)
  })
}

function join(one: Step, other: Step): Step {
  return {
    atSeconds: other.atSeconds,
    seconds: one.seconds + other.seconds,
    sent: one.sent + other.sent,
    answered: one.answered + other.answered,
    bad: one.bad + other.bad,
    inFlight: other.inFlight,
    p50Ms: highest(one.p50Ms, other.p50Ms),
    p99Ms: highest(one.p99Ms, other.p99Ms),
    maxMs: highest(one.maxMs, other.maxMs),
    headroom: lowest(one.headroom, other.headroom),
  }
}

function highest(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other
  return Math.max(one, other)
}

function lowest(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other
  return Math.min(one, other)
}
