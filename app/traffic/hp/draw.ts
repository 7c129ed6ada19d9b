import type { Plan, What } from '../faults/plan.ts'
import { type Random, createRandom, hashOf } from '../random.ts'
import type { When } from '../syntax/when.ts'
import { type Choice, type CountedBy, type Hp, type Pair, printPair } from './grammar.ts'

/** Counts by key, over all workers. */
export interface Counts {
  /** Counts one more under a key; how many there were before. */
  next(key: string): number
  /** Counts one more in the period of so many milliseconds that began with the key's first. */
  nextWithin(key: string, periodMs: number): { readonly count: number; readonly leftMs: number }
}

/** Places by key, over all workers. */
export interface Places {
  /** Takes a place under a key unless `most` are taken; whether there was one. */
  enter(key: string, most: number): boolean
  /** Gives a place back. */
  leave(key: string): void
}

/** What a draw needs of the exchange and its origin. */
export interface Drawing {
  readonly random: Random
  readonly counts: Counts
  /** What exchanges are counted by, such as the row's path; asked for only when something is counted. */
  readonly keyOf: (by: CountedBy | undefined) => string
  /** Whether the answer can tell a seed: then one is made up where none is given. */
  readonly tellsSeed?: boolean
}

/** What is to happen to one exchange. */
export interface Drawn {
  readonly plan: Plan
  readonly choices: readonly Choice[]
  /** The fault that each part of the plan comes from. */
  readonly causes: Readonly<Partial<Record<keyof Plan, string>>>
  /**
   * What gives the same to the first exchange that asks for it, by the same key: the seed that was given, or one that was
   * made up and drawn from.
   */
  readonly seed?: string
}

/** Draws what happens to an exchange. */
export function drawPlan(hp: Hp, drawing: Drawing): Drawn {
  const source = sourceOf(hp, drawing)
  const { random } = source
  const choices: Choice[] = []
  const causes: Partial<Record<keyof Plan, string>> = {}
  let plan: Plan = {}
  for (const pair of hp.pairs) {
    const choice = choose(pair, hp, { ...drawing, random })
    if (choice === undefined) continue
    choices.push(choice)
    const part = planOf(choice.what, { pair, hp, drawing, random })
    for (const key of Object.keys(part)) causes[key as keyof Plan] = choice.fault.name
    plan = joinPlans(plan, part)
  }
  const isDrawn = source.isDrawn() || choices.some(({ what }) => what.drawsLater === true)
  return { plan, choices, causes, ...(isDrawn && source.seed) }
}

/** Where chance comes from for one exchange. */
interface Source {
  readonly random: Random
  readonly seed?: { readonly seed: string }
  readonly isDrawn: () => boolean
}

// The same seed and the same key give the same choices, whatever worker and order.
function sourceOf(hp: Hp, { random, counts, keyOf, tellsSeed = false }: Drawing): Source {
  const { seed: given, seedScope, by } = hp
  if (given === undefined && !tellsSeed) return { random, isDrawn: () => false }
  const seed = given ?? Math.floor(random() * 2 ** 32).toString(16)
  const key = `seed ${seed} ${keyOf(by)}`
  const before = given === undefined ? 0 : counts.next(scoped(key, seedScope))
  const seeded = createRandom(hashOf(`${key} ${before}`))
  let isDrawn = given !== undefined
  const noted = (): number => {
    isDrawn = true
    return seeded()
  }
  return { random: noted, seed: { seed }, isDrawn: () => isDrawn }
}

function scoped(key: string, scope: string | undefined): string {
  return scope === undefined ? key : `${scope} ${key}`
}

function choose(pair: Pair, { by }: Hp, drawing: Drawing): Choice | undefined {
  const { choices, scope } = pair
  const isCounted = choices.some(({ when }) => 'count' in when)
  const key = isCounted ? scoped(`${printPair(pair)} ${drawing.keyOf(by)}`, scope) : ''
  const before = isCounted ? drawing.counts.next(key) : 0
  let left = choices.some(({ when }) => when.kind === 'percent') ? drawing.random() * 100 : 0
  return choices.find(({ when }) => {
    if (when.kind !== 'percent') return holds(when, before)
    left -= when.percent
    return left < 0
  })
}

function holds(when: Exclude<When, { kind: 'percent' }>, before: number): boolean {
  switch (when.kind) {
    case 'always':
      return true
    case 'first':
      return before < when.count
    case 'after':
      return before >= when.count
    case 'every':
      return (before + 1) % when.count === 0
  }
}

function planOf(
  what: What,
  { pair, hp, drawing, random }: { pair: Pair; hp: Hp; drawing: Drawing; random: Random },
): Plan {
  const within = (periodMs: number): { count: number; leftMs: number } => {
    const key = `quota ${what.text} ${drawing.keyOf(hp.by)}`
    return drawing.counts.nextWithin(scoped(key, pair.scope), periodMs)
  }
  return what.plan({ random, within })
}

function joinPlans(one: Plan, other: Plan): Plan {
  const headers = [...(one.headers ?? []), ...(other.headers ?? [])]
  const notes = [...(one.notes ?? []), ...(other.notes ?? [])]
  const marks = [...(one.marks ?? []), ...(other.marks ?? [])]
  return {
    ...one,
    ...other,
    ...(headers.length > 0 && { headers }),
    ...(notes.length > 0 && { notes }),
    ...(marks.length > 0 && { marks }),
  }
}
