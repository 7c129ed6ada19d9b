import { parseDurationMs } from './units.ts'

/** Why a document is no scenario: one sentence. */
export class ScenarioProblem extends Error {}

/** A text; YAML makes numbers of what looks like one. */
export function textOf(place: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new ScenarioProblem(`${place}: use a text`)
}

/** Milliseconds of a time; Infinity for none. */
export function readTime(place: string, time: unknown): number {
  const ms = time === undefined ? Infinity : parseDurationMs(textOf(place, time))
  if (ms === undefined || ms < 1) {
    throw new ScenarioProblem(`${place}: use a time such as 30s or 5m`)
  }
  return ms
}

/** A mapping with these keys and no others. */
export function mapping<const N extends string>(
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
