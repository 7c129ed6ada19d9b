import type { Random } from '../random.ts'
import { formatDurationMs } from '../units.ts'
import type { Scanner } from './scanner.ts'

/** A time that is drawn for each exchange, or the same for all. */
export interface Duration {
  /** As it is printed; reads as the same. */
  readonly text: string
  /** The longest that the text names; a draw may be past it. */
  readonly namedMs: number
  readonly drawMs: (random: Random) => number
}

/** Completes "use ...". */
export const allowedDuration =
  'a time such as 10ms, normal(20ms,5ms), lognormal(50ms,0.4), uniform(1ms,9ms), or p50=10ms p99=200ms'

const functions = /(?:normal|lognormal|uniform)\(/y
const quantile = /p\d{1,2}(?:\.\d{1,4})?=/y
// A plus sign is how a form writes a space in a query.
const spaces = /[ +]+/y

/** Reads a time or a distribution of times. */
export function scanDuration(scanner: Scanner): Duration {
  const name = scanner.take(functions)
  if (name !== undefined) return scanFunction(scanner, name)
  const { at } = scanner
  const first = scanner.take(quantile)
  if (first !== undefined) return scanQuantiles(scanner, first)
  if (!/\d/.test(scanner.text.charAt(at))) scanner.fail(allowedDuration)
  const ms = scanner.durationMs()
  return { text: formatDurationMs(ms), namedMs: ms, drawMs: () => ms }
}

function scanFunction(scanner: Scanner, name: string): Duration {
  const first = scanner.durationMs()
  scanner.expect(',', 'a comma and the second value')
  const second =
    name === 'lognormal(' ? scanner.decimal('a spread, such as 0.4') : scanner.durationMs()
  scanner.expect(')', 'a closing parenthesis')
  const [a, b] = [formatDurationMs(first), formatDurationMs(second)]
  switch (name) {
    case 'normal(':
      return {
        text: `normal(${a},${b})`,
        namedMs: first,
        drawMs: (random) => Math.max(0, first + second * drawNormal(random)),
      }
    case 'uniform(':
      if (second < first) scanner.fail('the shorter time first: uniform(1ms,9ms)')
      return {
        text: `uniform(${a},${b})`,
        namedMs: second,
        drawMs: (random) => first + (second - first) * random(),
      }
    default:
      return {
        text: `lognormal(${a},${second})`,
        namedMs: first,
        drawMs: (random) => first * Math.exp(second * drawNormal(random)),
      }
  }
}

/** `p50=10ms p99=200ms`: the log-normal distribution with these two quantiles. */
function scanQuantiles(scanner: Scanner, first: string): Duration {
  const { at } = scanner
  const low = scanner.durationMs()
  if (scanner.take(spaces) === undefined)
    scanner.fail('a space and a second quantile, such as p99=200ms')
  const secondAt = scanner.at
  const second = scanner.take(quantile) ?? scanner.fail('a second quantile, such as p99=200ms')
  const high = scanner.durationMs()
  const [p, q] = [shareOf(first), shareOf(second)]
  if (p <= 0) scanner.fail('quantiles above p0', at - first.length)
  if (q <= p || high < low)
    scanner.fail('a higher quantile with a longer time than the first', secondAt)
  if (low <= 0) scanner.fail('a time above 0', at)
  const sigma = Math.log(high / low) / (normalQuantile(q) - normalQuantile(p))
  const median = low * Math.exp(-sigma * normalQuantile(p))
  return {
    text: `${first}${formatDurationMs(low)} ${second}${formatDurationMs(high)}`,
    namedMs: high,
    drawMs: (random) => median * Math.exp(sigma * drawNormal(random)),
  }
}

function shareOf(quantileText: string): number {
  return Number(quantileText.slice(1, -1)) / 100
}

/** One draw from the standard normal distribution. */
function drawNormal(random: Random): number {
  // The quantile of 0 is without bound; a random number has 32 bits.
  return normalQuantile((Math.floor(random() * 2 ** 32) + 0.5) / 2 ** 32)
}

/**
 * The quantile function of the standard normal distribution, by Acklam's rational approximation: relative error below
 * 1.2e-9 for 0 < p < 1.
 */
export function normalQuantile(p: number): number {
  const tail = 0.02425
  if (p > 1 - tail) return -normalQuantile(1 - p)
  if (p < tail) {
    const q = Math.sqrt(-2 * Math.log(p))
    return polynomial(tailTop, q) / polynomial(tailBottom, q)
  }
  const q = p - 0.5
  const r = q * q
  return (polynomial(middleTop, r) * q) / polynomial(middleBottom, r)
}

const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0)

const middleTop = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2,
  -3.066479806614716e1, 2.506628277459239,
]
const middleBottom = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1,
  -1.328068155288572e1, 1,
]
const tailTop = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734,
  4.374664141464968, 2.938163982698783,
]
const tailBottom = [
  7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1,
]
