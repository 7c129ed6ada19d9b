import type { Check, Group, Level } from '../checks/check.ts'
import type { Headroom } from './origins.ts'

/** What a line of the card says. */
export type Result = 'pass' | 'fail' | 'warn' | 'note' | 'unknown' | 'skipped'

/** Worst first: the order in which people want to read them. */
export const results: readonly Result[] = ['fail', 'warn', 'unknown', 'note', 'pass', 'skipped']

/** What became of one check. */
export interface Line {
  readonly id: string
  readonly group: Group
  readonly title: string
  readonly level: Level
  readonly result: Result
  readonly rule: string
  readonly sent: string
  readonly seen: string
  readonly why: string
}

/** What was found out before the checks. */
export interface Facts {
  /** The listener of the origin that the proxy speaks to. */
  readonly listener: string
  /** The version of HTTP that the proxy speaks to the origin. */
  readonly originVersion: string
  /** Whether the URL speaks HTTP/2, too. */
  readonly hasHttp2: boolean
  /** The URL is the origin's own: no proxy stands between. */
  readonly isDirect: boolean
  readonly hasLedger: boolean
  /** It keeps answers that say nothing of caching, so the origin forbids it in each answer. */
  readonly isCaching: boolean
  /** What answers say of themselves: Server, Via. */
  readonly names: readonly string[]
}

/** What a run found. */
export interface Card {
  readonly url: string
  /** The admin ports that were asked, with a comma between them. */
  readonly origin: string
  /** Where the control run went. */
  readonly direct: string
  readonly startedAt: Date
  readonly seconds: number
  /** The least that the origin had during the run; undefined where it did not tell. */
  readonly headroom: Headroom | undefined
  readonly facts: Facts
  readonly lines: readonly Line[]
}

/** The line of a check and what was found. */
export function lineOf(
  check: Check & { readonly group: Group },
  { result, seen, why }: Pick<Line, 'result' | 'seen' | 'why'>,
): Line {
  const { id, group, title, level, rule, sent } = check
  return { id, group, title, level, result, rule, sent, seen, why }
}

/** The exit code: 1 when a check failed, 3 when a required one could not be judged, else 0. */
export function exitCodeOf(lines: readonly Line[]): number {
  if (lines.some(({ result }) => result === 'fail')) return 1
  return lines.some(({ result, level }) => result === 'unknown' && level === 'must') ? 3 : 0
}

/** How many lines have each result. */
export function countsOf(lines: readonly Line[]): Readonly<Record<Result, number>> {
  const counts = { pass: 0, fail: 0, warn: 0, note: 0, unknown: 0, skipped: 0 }
  for (const { result } of lines) counts[result]++
  return counts
}

/** The card for machines: the shape of the contract, in the order of the table. */
export function cardJson({ url, origin, headroom, lines }: Card): string {
  const checks = lines.map(({ id, level, result, rule, sent, seen, why }) => ({
    id,
    level,
    result,
    rule,
    sent,
    seen,
    why,
  }))
  const told = { headroom_least: headroom?.ratio ?? null, headroom_note: headroom?.note ?? null }
  return `${JSON.stringify({ url, origin, ...told, checks }, null, 2)}\n`
}
