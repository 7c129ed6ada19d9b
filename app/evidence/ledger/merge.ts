import { hashOf } from './hash.ts'
import { mergeLatencies } from './latency.ts'
import {
  type LedgerAnswer,
  type LedgerCounts,
  type LedgerSummary,
  type OddId,
  type OddWhy,
  type UnaskedPod,
  isEarly,
} from './record.ts'
import { RunIds } from './run-ids.ts'

/** A pod's own part of a summary, with the ids it is made of (RunIds). */
export interface SummaryPart extends LedgerSummary {
  readonly ids_of_run: string
}

/** What the asked pods answered, and which could not be asked. */
export interface Asked<T> {
  readonly parts: readonly { readonly pod: string; readonly answer: T }[]
  readonly unasked: readonly UnaskedPod[]
}

/** The attempts of all pods, in order of arrival by the pods' clocks. */
export function mergeAnswers(id: string, { parts, unasked }: Asked<LedgerAnswer>): LedgerAnswer {
  const answers = parts.map(({ answer }) => answer)
  const cut = sum(answers.map(({ attempts_cut: one }) => one))
  return {
    id,
    attempts: answers
      .flatMap(({ attempts }) => attempts)
      .toSorted((one, other) => one.arrived_ms - other.arrived_ms)
      .map((record, index) => Object.assign({}, record, { attempt_total: cut + index + 1 })),
    attempts_cut: cut,
    dropped: sum(answers.map(({ dropped }) => dropped)),
    pods: parts.map(({ pod }) => pod),
    unasked,
  }
}

/** The sums over all pods: an id that came once to each of two pods came twice. */
export function mergeSummaries(
  run: string,
  { parts, unasked }: Asked<SummaryPart>,
  { namesOf, mostOdd }: { readonly namesOf: () => Iterable<string>; readonly mostOdd: number },
): LedgerSummary {
  const summaries = parts.map(({ answer }) => answer)
  const ids = new RunIds()
  for (const { ids_of_run: text } of summaries) ids.join(text)
  const [counts, oddCount] = countIds(ids)
  const listed = new Set(summaries.flatMap(({ odd }) => odd.map(({ id }) => id)))
  const odd = [...oddIds(ids, [listed, namesOf()])].slice(0, mostOdd)
  return {
    run,
    ...counts,
    odd,
    odd_cut: odd.length < oddCount,
    records: sum(summaries.map(({ records }) => records)),
    dropped: sum(summaries.map(({ dropped }) => dropped)),
    by_pod: mergeCounts(summaries.map(({ by_pod: one }) => one)),
    by_method: mergeCounts(summaries.map(({ by_method: one }) => one)),
    by_listener: mergeCounts(summaries.map(({ by_listener: one }) => one)),
    latency: mergeLatencies(summaries.map(({ latency }) => latency)),
    pods: parts.map(({ pod }) => pod),
    unasked,
  }
}

function countIds(
  ids: RunIds,
): readonly [Pick<LedgerSummary, 'ids' | 'once' | 'duplicated' | 'aborted'>, number] {
  let [all, duplicated, aborted, odd] = [0, 0, 0, 0]
  for (const { count, ends } of ids.all()) {
    const hasEarly = ends.some((cause) => isEarly(cause))
    all++
    if (count > 1) duplicated++
    if (hasEarly) aborted++
    if (count > 1 || hasEarly) odd++
  }
  return [{ ids: all, once: all - duplicated, duplicated, aborted }, odd]
}

function* oddIds(ids: RunIds, names: readonly Iterable<string>[]): Generator<OddId> {
  const seen = new Set<string>()
  for (const id of names.flatMap((some) => [...some])) {
    const known = seen.has(id) ? undefined : ids.find(hashOf(id))
    seen.add(id)
    if (known === undefined) continue
    const why: OddWhy[] = []
    if (known.count > 1) why.push('duplicated')
    if (known.ends.some((cause) => isEarly(cause))) why.push('aborted')
    if (why.length > 0) yield { id, why, attempts: known.count, ends: known.ends }
  }
}

function mergeCounts(
  all: readonly Readonly<Record<string, LedgerCounts>>[],
): Readonly<Record<string, LedgerCounts>> {
  const merged: Record<string, LedgerCounts> = {}
  for (const [name, { records, aborted }] of all.flatMap((one) => Object.entries(one))) {
    const before = merged[name] ?? { records: 0, aborted: 0 }
    merged[name] = { records: before.records + records, aborted: before.aborted + aborted }
  }
  return merged
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
