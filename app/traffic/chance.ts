import type { Random } from './random.ts'

/** One of several outcomes; the weights of a list need not add up to anything. */
export interface Weighted<T> {
  readonly value: T
  readonly weight: number
}

/**
 * `value:weight,value:weight` with positive decimal weights, 1 when left out (`200:0.9,503:0.1`).
 * Undefined when the grammar or a value is wrong; `parseValue` says undefined for a bad value.
 */
export function parseWeighted<T>(
  text: string,
  parseValue: (text: string) => T | undefined,
): readonly Weighted<T>[] | undefined {
  const choices: Weighted<T>[] = []
  for (const item of text.split(',')) {
    const match = /^([^:]+)(?::(\d{1,9}(?:\.\d{1,9})?))?$/.exec(item)
    const value = match?.[1] === undefined ? undefined : parseValue(match[1])
    const weight = Number(match?.[2] ?? 1)
    if (value === undefined || weight === 0) return undefined
    choices.push({ value, weight })
  }
  return choices
}

/** One of the choices, each as often as its share of all weights. */
export function chooseWeighted<T>(choices: readonly Weighted<T>[], random: Random): T {
  const total = choices.reduce((sum, { weight }) => sum + weight, 0)
  let left = random() * total
  for (const { value, weight } of choices) {
    left -= weight
    if (left < 0) return value
  }
  const last = choices.at(-1)
  if (last === undefined) throw new TypeError('a choice among nothing')
  return last.value
}

/**
 * Fortio's `value:percent,value:percent` (`UNAVAILABLE:5,INTERNAL:0.5`): each happens in that percentage of
 * cases and the rest are not affected; a value alone is always. Undefined when the grammar or a value is
 * wrong, or when the percentages add up to more than 100.
 */
export function parseChances<T>(
  text: string,
  parseValue: (text: string) => T | undefined,
): readonly Weighted<T>[] | undefined {
  const isAlone = !text.includes(',')
  const choices: Weighted<T>[] = []
  for (const item of text.split(',')) {
    const match = /^([^:]+)(?::(\d{1,3}(?:\.\d{1,9})?))?$/.exec(item)
    const value = match?.[1] === undefined ? undefined : parseValue(match[1])
    if (value === undefined || (match?.[2] === undefined && !isAlone)) return undefined
    choices.push({ value, weight: Number(match?.[2] ?? 100) })
  }
  const total = choices.reduce((sum, { weight }) => sum + weight, 0)
  return total > 100 ? undefined : choices
}

/** One of the choices with its percentage, or undefined for the rest. */
export function drawChance<T>(choices: readonly Weighted<T>[], random: Random): T | undefined {
  let left = random() * 100
  for (const { value, weight } of choices) {
    left -= weight
    if (left < 0) return value
  }
  return undefined
}
