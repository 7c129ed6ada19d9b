import { type Hp, HpProblem, parseHp, scopeHp } from './hp/grammar.ts'
import { createRandom, hashOf } from './random.ts'
import { parseDurationMs } from './units.ts'

/** Which exchanges a step is for; all that it names must hold. */
export interface Match {
  readonly method?: string
  /** Of the target, without its query; `*` at the end stands for anything. */
  readonly path?: string
  /** `fast`, `wire`, `grpc` or `tcp`. */
  readonly listener?: string
  /** A header by name, and its value where one is named. */
  readonly header?: { readonly name: string; readonly value?: string }
  /** The pod's ordinal in a StatefulSet, or its name; `*` at the end stands for anything. */
  readonly pod?: number | string
  /** Of all pods, 0 to 1; by a hash of the pod's name and the seed. */
  readonly share?: number
}

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

/** Why a document is no scenario: one sentence. */
export class ScenarioProblem extends Error {}

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

/** Infinity for none. */
function readTime(place: string, time: unknown): number {
  const ms = time === undefined ? Infinity : parseDurationMs(textOf(place, time))
  if (ms === undefined || ms < 1) {
    throw new ScenarioProblem(`${place}: use a time such as 30s or 5m`)
  }
  return ms
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

function isForPod({ pod: wanted, share }: Match, pod: string, seed: string): boolean {
  // The hash alone puts names that differ in their last letter side by side.
  if (share !== undefined && createRandom(hashOf(`${seed} ${pod}`))() >= share) return false
  if (wanted === undefined) return true
  if (typeof wanted === 'string') return isPath(wanted, pod)
  return Number(/-(\d+)$/.exec(pod)?.[1] ?? -1) === wanted
}

/** Whether a step is for an exchange, on the pods that it is for. */
export function isMatch(
  { method, path, listener, header }: Match,
  exchange: {
    readonly method: string
    readonly path: string
    readonly listener: string
    readonly header: (name: string) => string
  },
): boolean {
  if (method !== undefined && method !== exchange.method) return false
  if (listener !== undefined && listener !== exchange.listener) return false
  if (path !== undefined && !isPath(path, exchange.path)) return false
  if (header === undefined) return true
  const value = exchange.header(header.name)
  return header.value === undefined ? value !== '' : value === header.value
}

function isPath(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern
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

// YAML makes numbers of what looks like one.
function textOf(place: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new ScenarioProblem(`${place}: use a text`)
}

const listeners = ['fast', 'wire', 'grpc', 'tcp']

function readMatch(place: string, document: unknown): Match {
  if (document === undefined) return {}
  const { pod, share, ...given } = mapping(place, document, [
    'method',
    'path',
    'listener',
    'header',
    'pod',
    'share',
  ])
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && typeof value !== 'string') {
      throw new ScenarioProblem(`${place}.${name}: use a text`)
    }
  }
  const { method, path, listener, header } = given as Readonly<Record<string, string | undefined>>
  if (listener !== undefined && !listeners.includes(listener)) {
    throw new ScenarioProblem(`${place}.listener: use ${listeners.join(', ')}`)
  }
  const [name = '', value] = (header ?? '').split(/:\s*(.*)/s)
  return {
    ...(method !== undefined && { method }),
    ...(path !== undefined && { path }),
    ...(listener !== undefined && { listener }),
    ...(pod !== undefined && { pod: readPod(`${place}.pod`, pod) }),
    ...(share !== undefined && { share: readShare(`${place}.share`, share) }),
    ...(header !== undefined && {
      header: { name: name.toLowerCase(), ...(value !== undefined && { value }) },
    }),
  }
}

function readPod(place: string, pod: unknown): number | string {
  const text = textOf(place, pod)
  if (/^\d{1,9}$/.test(text)) return Number(text)
  if (/^[a-z\d][a-z\d.-]{0,252}\*?$/.test(text)) return text
  throw new ScenarioProblem(`${place}: use the ordinal of a pod such as 0, or a name such as web-*`)
}

function readShare(place: string, share: unknown): number {
  const percent = /^(\d{1,3}(?:\.\d{1,9})?)%$/.exec(String(share))?.[1]
  if (percent === undefined || Number(percent) > 100) {
    throw new ScenarioProblem(`${place}: use a share of pods such as 30%`)
  }
  return Number(percent) / 100
}

function mapping<const N extends string>(
  place: string,
  document: unknown,
  known: readonly N[],
): Readonly<Partial<Record<N, unknown>>> {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new ScenarioProblem(`${place}: use a mapping with ${known.join(', ')}`)
  }
  const stranger = Object.keys(document).find((name) => !known.some((one) => one === name))
  if (stranger !== undefined) {
    throw new ScenarioProblem(
      `${place}: there is no ${stranger.slice(0, 64)}; use ${known.join(', ')}`,
    )
  }
  return document as Readonly<Partial<Record<N, unknown>>>
}
