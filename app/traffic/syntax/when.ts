import type { Scanner } from './scanner.ts'

/**
 * When something happens: always, to a percentage of exchanges, or by a count of exchanges: the first N, all after N,
 * each Nth.
 */
export type When =
  | { readonly kind: 'always' }
  | { readonly kind: 'percent'; readonly percent: number }
  | { readonly kind: 'first' | 'after' | 'every'; readonly count: number }

/** Where nothing is said. */
export const always: When = { kind: 'always' }

/** Completes "use ...". */
export const allowedWhen =
  'a percentage from 0 to 100 such as 5 or 0.1, or first2, after100, every10'

const counted = /first|after|every/y
const percents = /\d{1,3}(?:\.\d{1,9})?%?/y
const fraction = /@0?\.\d/y

/** Reads what stands after the colon. */
export function scanWhen(scanner: Scanner): When {
  const word = scanner.take(counted) as 'first' | 'after' | 'every' | undefined
  if (word !== undefined) {
    return { kind: word, count: scanner.integer([word === 'every' ? 1 : 0, 999_999_999]) }
  }
  const { at } = scanner
  const percent = Number((scanner.take(percents) ?? '-1').replace('%', ''))
  if (percent < 0 || percent > 100) scanner.fail(allowedWhen, at)
  return { kind: 'percent', percent }
}

/** Refuses `@0.05`, by which other tools mean a share. */
export function refuseFraction(scanner: Scanner): void {
  const { at } = scanner
  if (scanner.take(fraction) !== undefined) {
    scanner.fail('a percentage after a colon: :5 is 5 in a hundred', at)
  }
}

/** As it stands behind the value: `:5`, `:first2`, or nothing. */
export function printWhen(when: When): string {
  if (when.kind === 'always') return ''
  return when.kind === 'percent' ? `:${plain(when.percent)}` : `:${when.kind}${when.count}`
}

// Small numbers would be printed with an exponent, which is no percentage.
function plain(percent: number): string {
  return percent > 0 && percent < 1e-6 ? percent.toFixed(9) : String(percent)
}
