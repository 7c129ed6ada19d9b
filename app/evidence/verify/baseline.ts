import { type Line, type Result, results } from './card.ts'

/** What an earlier run found: the result of each check by id. */
export type Baseline = ReadonlyMap<string, Result>

/** Reads the JSON of an earlier run; throws a sentence. */
export function readBaseline(text: string): Baseline {
  const told = parse(text)
  const rows = typeof told === 'object' && told !== null ? (told as { checks?: unknown }).checks : 0
  if (!Array.isArray(rows)) throw new Error('it has no checks; write one with --json')
  return new Map(rows.map((row: unknown) => readRow(row)))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('it is no JSON; write one with --json')
  }
}

function readRow(row: unknown): readonly [string, Result] {
  const { id, result } = row as { id?: unknown; result?: unknown }
  const known = results.find((one) => one === result)
  if (typeof id !== 'string' || known === undefined) {
    throw new Error(`it has a check without id and result: ${JSON.stringify(row).slice(0, 80)}`)
  }
  return [id, known]
}

/** Fails and unknowns that the earlier run had, too, no longer count: they are notes that say so. */
export function againstBaseline(lines: readonly Line[], baseline: Baseline): readonly Line[] {
  return lines.map((line) => {
    const { result, why } = line
    const before = baseline.get(line.id)
    if (before === result && (result === 'fail' || result === 'unknown')) {
      return { ...line, result: 'note' as const, why: `As in the baseline (${result}). ${why}` }
    }
    if (result === 'fail' && before !== undefined) {
      return { ...line, why: `It was ${before} in the baseline. ${why}` }
    }
    return line
  })
}
