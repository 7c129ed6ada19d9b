import type { Plan, What } from '../faults/plan.ts'
import { type Random, createRandom } from '../random.ts'
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
}

/** What is to happen to one exchange. */
export interface Drawn {
  readonly plan: Plan
  readonly choices: readonly Choice[]
  /** The fault that each part of the plan comes from. */
  readonly causes: Readonly<Partial<Record<keyof Plan, string>>>
}

/** Draws what happens to an exchange. */
export function drawPlan(hp: Hp, drawing: Drawing): Drawn {
  const random = randomOf(hp, drawing)
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
  return { plan, choices, causes }
}

// The same seed and the same key give the same choices, whatever worker and order.
function randomOf(hp: Hp, { random, counts, keyOf }: Drawing): Random {
  const { seed, seedScope, by } = hp
  if (seed === undefined) return random
  const key = `seed ${seed} ${keyOf(by)}`
  return createRandom(hashOf(`${key} ${counts.next(scoped(key, seedScope))}`))
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

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x81_1c_9d_c5
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01_00_01_93)
  }
  return hash >>> 0
}
