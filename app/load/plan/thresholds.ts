import { guess } from '../../nearest.ts'
import { parseDurationMs } from '../../traffic/units.ts'

/** What a figure is counted in. */
export type Unit = 'time' | 'count' | 'rate' | 'ratio'

/** The figures that a threshold may name, and what each is. */
export const metrics = {
  p50: { unit: 'time', doc: 'half of the requests took no longer, from the intended start' },
  p75: { unit: 'time', doc: 'as p50' },
  p90: { unit: 'time', doc: 'as p50' },
  p95: { unit: 'time', doc: 'as p50' },
  p99: { unit: 'time', doc: 'as p50' },
  'p99.9': { unit: 'time', doc: 'as p50' },
  mean: { unit: 'time', doc: 'from the intended start' },
  max: { unit: 'time', doc: 'from the intended start' },
  'actual.p99': { unit: 'time', doc: 'from the moment the request was sent' },
  'lag.p99': { unit: 'time', doc: 'how late the client itself was' },
  'origin.p99': { unit: 'time', doc: "the origin's part (Server-Timing)" },
  'path.p99': { unit: 'time', doc: "the path's part" },
  rate: { unit: 'rate', doc: 'answers a second' },
  failed: { unit: 'count', doc: 'errors, and answers of 400 or more; also as a share: failed>1%' },
  errors: { unit: 'count', doc: 'requests without a whole answer; also as a share' },
  unsent: { unit: 'count', doc: 'requests that were due and never sent; also as a share' },
  lost: { unit: 'count', doc: 'sent, and not in the ledger; also as a share' },
  duplicated: { unit: 'count', doc: 'ids that arrived more than once; also as a share' },
  aborted: { unit: 'count', doc: 'ids whose exchange ended early at the origin; also as a share' },
  headroom: { unit: 'ratio', doc: "the origin's least, such as headroom<20%" },
} as const satisfies Readonly<Record<string, { readonly unit: Unit; readonly doc: string }>>

export type MetricName = keyof typeof metrics

export type Operator = '>' | '>=' | '<' | '<='

/** A condition under which the run has failed. */
export interface Threshold {
  readonly text: string
  readonly metric: MetricName
  readonly operator: Operator
  /** Milliseconds, a count, requests a second, or a share from 0 to 1. */
  readonly value: number
  /** Whether a count is compared as a share of the requests. */
  readonly isShare: boolean
}

/** Completes "use ...". */
export const allowedThreshold =
  "a figure, one of > >= < <=, and a value: 'p99>200ms', 'failed>1%', 'rate<1000'"

/** Reads a threshold, or says what is wrong. */
export function parseThreshold(text: string): Threshold | string {
  const [, name, operator, amount] = /^\s*([\w.]+)\s*(>=|<=|>|<)\s*(\S+)\s*$/.exec(text) ?? []
  if (name === undefined || operator === undefined || amount === undefined)
    return `use ${allowedThreshold}`
  if (!isMetric(name)) {
    const names = Object.keys(metrics)
    return `there is no figure ${name}; ${guess(name, names)}use one of ${names.join(', ')}`
  }
  const { unit } = metrics[name]
  const value = parseAmount(amount, unit)
  if (value === undefined) return `${amount} is no ${unitWords[unit]}`
  return { text, metric: name, operator: operator as Operator, ...value }
}

const unitWords: Readonly<Record<Unit, string>> = {
  time: 'time such as 200ms',
  count: 'number or share such as 10 or 1%',
  rate: 'number of requests a second',
  ratio: 'share such as 20%',
}

function isMetric(name: string): name is MetricName {
  return Object.hasOwn(metrics, name)
}

function parseAmount(text: string, unit: Unit): Pick<Threshold, 'value' | 'isShare'> | undefined {
  if (unit === 'time') {
    const ms = parseDurationMs(text)
    return ms === undefined ? undefined : { value: ms, isShare: false }
  }
  const [, digits, sign] = /^(\d{1,15}(?:\.\d{1,15})?)(%|\/s)?$/.exec(text) ?? []
  if (digits === undefined || (sign === '/s' && unit !== 'rate')) return undefined
  if (sign !== '%') return { value: Number(digits), isShare: false }
  return unit === 'rate' ? undefined : { value: Number(digits) / 100, isShare: true }
}

/** Whether the value is one that the run must not have. */
export function isCrossed({ operator, value: limit }: Threshold, value: number): boolean {
  switch (operator) {
    case '>':
      return value > limit
    case '>=':
      return value >= limit
    case '<':
      return value < limit
    case '<=':
      return value <= limit
  }
}
