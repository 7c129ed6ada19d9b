// What Grafana does with a dashboard before it asks Prometheus.
import type { Prometheus, Series, Span } from './prometheus.ts'

/** A query of a panel. */
export interface Target {
  readonly refId: string
  readonly expr: string
  /** Asked for one point and not for all of the time shown. */
  readonly instant?: boolean
}

/** What of a panel the tests look at. */
export interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly targets?: readonly Target[]
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
}

/** A variable at the top of a dashboard. */
export interface Variable {
  readonly name: string
  readonly type: string
  readonly definition?: string
  readonly allValue?: string
}

/** What of a dashboard the tests look at. */
export interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly schemaVersion: number
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly Variable[] }
  readonly annotations: { readonly list: readonly (Target & { readonly name: string })[] }
}

/** Values of variables, as they are put into queries. */
export type Choice = Readonly<Record<string, string>>

const labelValues = /^label_values\((?<match>.+), (?<label>\w+)\)$/

/** "All" of every variable, each asked of Prometheus within the choice of those before it. */
export async function chooseAll(
  prometheus: Prometheus,
  { templating }: Dashboard,
): Promise<Choice> {
  const choice: Record<string, string> = {}
  for (const { name, definition = '', allValue } of templating.list) {
    const { match, label } = labelValues.exec(definition)?.groups ?? {}
    if (match === undefined || label === undefined) continue
    const values = await prometheus.labelValues(label, fill(match, choice))
    choice[name] = allValue ?? `(${values.join('|')})`
  }
  return choice
}

/** What $__rate_interval is: four scrapes, or a step and one. */
export function rateSeconds({ step }: Pick<Span, 'step'>): number {
  return Math.max(4, step + 1)
}

/** The query with everything that Grafana puts in; fails when a variable is left. */
export function interpolate(expr: string, choice: Choice, { start, end, step }: Span): string {
  const filled = fill(expr, {
    ...choice,
    __interval: `${step}s`,
    __rate_interval: `${rateSeconds({ step })}s`,
    __range: `${Math.ceil(end - start)}s`,
  })
  if (filled.includes('$')) throw new Error(`a variable is not known: ${filled}`)
  return filled
}

/** What a panel or an annotation gets to draw. */
export function ask(
  prometheus: Prometheus,
  { expr, instant = false }: Target,
  { choice, span }: { readonly choice: Choice; readonly span: Span },
): Promise<readonly Series[]> {
  const query = interpolate(expr, choice, span)
  return instant ? prometheus.query(query, span.end) : prometheus.queryRange(query, span)
}

function fill(text: string, values: Choice): string {
  return text.replaceAll(/\$(\w+)/g, (whole, name: string) => values[name] ?? whole)
}
