import { type Hp, HpProblem, parseHp, scopeHp } from './hp/grammar.ts'
import { ScenarioProblem, mapping, readTime, textOf } from './scenario-document.ts'
import { type Match, isForPod, readMatch } from './scenario-match.ts'
import { parseDurationMs } from './units.ts'

/** What holds for a time. */
export interface Step {
  readonly name: string
  /** Infinity for a last step without a time. */
  readonly forMs: number
  readonly hp: Hp | undefined
  /** False: /readyz is 503. */
  readonly isReady: boolean
  readonly match: Match
}

/** Steps, one after the other. */
export interface Scenario {
  readonly name: string
  /** Whether the first step follows the last. */
  readonly repeats: boolean
  /** How long it runs at most, from when it was read; Infinity for as long as its steps. */
  readonly ttlMs: number
  /** When the first step begins: milliseconds after it was read, or since 1970. */
  readonly start: { readonly afterMs: number } | { readonly at: number }
  /** Of every step that has none of its own. */
  readonly seed: string | undefined
  readonly steps: readonly Step[]
}

/** A scenario that begins at a time, by a clock that all threads share. */
export interface RunningScenario {
  /** As it was given; threads read it again, because it is copied between them. */
  readonly document: unknown
  /** May be still to come. */
  readonly startedAt: number
  /** When it goes by itself; Infinity for never. */
  readonly endsAt: number
}

const mostSteps = 100
const names = /^[\w.-]{1,64}$/

/** Reads a scenario from what a JSON or YAML document holds. Throws ScenarioProblem. */
export function readScenario(document: unknown): Scenario {
  const { name, repeat, steps, match, seed, ttl, start } = mapping('the scenario', document, [
    'name',
    'repeat',
    'steps',
    'match',
    'seed',
    'ttl',
    'start',
  ])
  if (typeof name !== 'string' || !names.test(name)) {
    throw new ScenarioProblem('name: use 1 to 64 letters, digits, ., _ or -')
  }
  if (repeat !== undefined && typeof repeat !== 'boolean') {
    throw new ScenarioProblem('repeat: use true or false')
  }
  if (!Array.isArray(steps) || steps.length === 0 || steps.length > mostSteps) {
    throw new ScenarioProblem(`steps: use a list of 1 to ${mostSteps} steps`)
  }
  const shared = {
    match: readMatch('match', match),
    seed: seed === undefined ? undefined : textOf('seed', seed),
  }
  const read = steps.map((step: unknown, index) => readStep(step, index, shared))
  const repeats = repeat === true
  const endless = read.findIndex(({ forMs }) => forMs === Infinity)
  if (endless !== -1 && (repeats || endless < read.length - 1)) {
    throw new ScenarioProblem(
      `steps[${endless}].for: only the last step may leave it out, and none that is repeated`,
    )
  }
  const { seed: ofAll } = shared
  const ttlMs = readTime('ttl', ttl)
  return { name, repeats, ttlMs, start: readStart(start), seed: ofAll, steps: read }
}

// RFC 3339.
const instants = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i

function readStart(start: unknown): Scenario['start'] {
  if (start === undefined) return { afterMs: 0 }
  const text = textOf('start', start)
  const at = instants.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(at)) return { at }
  const afterMs = text.startsWith('+') ? parseDurationMs(text.slice(1)) : undefined
  if (afterMs !== undefined) return { afterMs }
  throw new ScenarioProblem('start: use a time such as 2026-01-31T09:00:00Z, or +30s')
}

/** A step that holds. */
export interface FoundStep {
  readonly step: Step
  readonly index: number
  /** How often the steps have begun again. */
  readonly round: number
  readonly leftMs: number
}

/** The step that holds after so many milliseconds, and how many are left of it; undefined when all are over. */
export function stepAt({ steps, repeats }: Scenario, elapsedMs: number): FoundStep | undefined {
  const whole = steps.reduce((sum, { forMs }) => sum + forMs, 0)
  const round = repeats ? Math.floor(elapsedMs / whole) : 0
  let left = repeats ? elapsedMs % whole : elapsedMs
  for (const [index, step] of steps.entries()) {
    if (left < step.forMs) return { step, index, round, leftMs: step.forMs - left }
    left -= step.forMs
  }
  return undefined
}

/**
 * The step with counts and draws of its own: each time that it begins, `first2` is the first two again, and a seed gives
 * the same choices again. All threads know `startedAt`.
 */
export function ownStep(
  { step, index, round }: FoundStep,
  { name }: Scenario,
  startedAt: number,
): Step {
  if (step.hp === undefined) return step
  return { ...step, hp: scopeHp(step.hp, `scenario ${name} ${startedAt} ${round} ${index}`) }
}

/** The step as it is on a pod: without effect where it is not for that pod. */
export function stepOn(pod: string, step: Step, { seed = '' }: Pick<Scenario, 'seed'>): Step {
  return isForPod(step.match, pod, seed) ? step : { ...step, hp: undefined, isReady: true }
}

function readStep(
  document: unknown,
  index: number,
  shared: { readonly match: Match; readonly seed: string | undefined },
): Step {
  const place = `steps[${index}]`
  const {
    name,
    for: time,
    hp,
    ready,
    match,
  } = mapping(place, document, ['name', 'for', 'hp', 'ready', 'match'])
  if (name !== undefined && (typeof name !== 'string' || !names.test(name))) {
    throw new ScenarioProblem(`${place}.name: use 1 to 64 letters, digits, ., _ or -`)
  }
  if (ready !== undefined && typeof ready !== 'boolean') {
    throw new ScenarioProblem(`${place}.ready: use true or false`)
  }
  return {
    name: name ?? `step${index + 1}`,
    forMs: readTime(`${place}.for`, time),
    hp: readHp(`${place}.hp`, hp, shared.seed),
    isReady: ready !== false,
    match: { ...shared.match, ...readMatch(`${place}.match`, match) },
  }
}

function readHp(place: string, text: unknown, seed: string | undefined): Hp | undefined {
  if (text === undefined) return undefined
  if (typeof text !== 'string')
    throw new ScenarioProblem(`${place}: use a text such as status=503:5`)
  try {
    const hp = parseHp(text)
    if (hp.ttlMs !== undefined) {
      throw new ScenarioProblem(`${place}: ttl is a key of the scenario, beside its name`)
    }
    return seed === undefined || hp.seed !== undefined ? hp : { ...hp, seed }
  } catch (error) {
    if (error instanceof HpProblem) throw new ScenarioProblem(`${place}:\n${error.message}`)
    throw error
  }
}
