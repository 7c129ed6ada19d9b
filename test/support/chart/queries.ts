import { readFileSync, readdirSync } from 'node:fs'

import { parse } from 'yaml'

import { chart } from './values.ts'

/** The chart's rules, as promtool and Prometheus read them. */
export const rulesFile = `${chart}/files/rules.yaml`

/** The chart's dashboards. */
export const dashboardFiles: readonly string[] = readdirSync(`${chart}/dashboards`).map(
  (name) => `${chart}/dashboards/${name}`,
)

/** One rule: a recording when it has `record`, else an alert. */
export interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
}

/** All rules of all groups. */
export function rules(): readonly Rule[] {
  const { groups } = parse(readFileSync(rulesFile, 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly Rule[] }[]
  }
  return groups.flatMap((group) => group.rules)
}

interface Dashboard {
  readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[]
}

/** What the panels of a dashboard ask for. */
export function panelQueries(file: string): readonly string[] {
  const { panels } = JSON.parse(readFileSync(file, 'utf8')) as Dashboard
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
}
