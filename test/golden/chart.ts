// What the chart has from elsewhere: settings from the program's table, the schema of its values, the table
// of its README, and how its examples render.
import { readFileSync, readdirSync } from 'node:fs'

import { type SettingName, settings, showSetting } from '../../app/config/settings.ts'
import { renderText } from '../support/chart/helm.ts'
import { settingText } from '../support/chart/setting-text.ts'
import { ownSchema, schemaLike, strict } from '../support/chart/values-schema.ts'
import { type ChartValue, chart, chartValues } from '../support/chart/values.ts'

interface Golden {
  readonly file: string
  readonly text: () => string
}

/** The chart's examples by name: a folder with values.yaml and what it renders to. */
export const examples: readonly string[] = readdirSync(`${chart}/examples`).toSorted()

/** Files of the chart that are made without Helm. */
export function chartGoldens(
  withTables: (text: string, tables: Readonly<Record<string, string>>) => string,
): readonly Golden[] {
  return [
    { file: `${chart}/files/settings.json`, text: settingsFile },
    { file: `${chart}/values.schema.json`, text: schemaFile },
    {
      file: `${chart}/README.md`,
      text: () => withTables(readFileSync(`${chart}/README.md`, 'utf8'), { values: valueTable() }),
    },
  ]
}

/** How the chart's examples render, by Helm. */
export function renderedExamples(): readonly Golden[] {
  return examples.map(renderedExample)
}

function renderedExample(name: string): Golden {
  const folder = `${chart}/examples/${name}`
  return {
    file: `${folder}/rendered/manifests.yaml`,
    text: () => withoutDashboards(renderText({ valueFiles: [`${folder}/values.yaml`] })),
  }
}

// Thousands of lines that are files of the chart already.
function withoutDashboards(manifests: string): string {
  return manifests.replaceAll(
    /^( {2}([\w-]+\.json): ).*\n(?: {4}.*\n)+/gm,
    '$1the file dashboards/$2\n',
  )
}

/** What the templates must know of each setting. */
export function settingsFile(): string {
  const names = (Object.keys(settings) as SettingName[]).filter((name) => name !== 'config')
  const rows = names.map((name) => {
    const { value, reload, format } = settings[name]
    const row = {
      default: showSetting(name, value) ?? '',
      reload,
      allowed: format.allowed,
      pattern: settingText(format.allowed)?.pattern ?? '',
    }
    return [name, row] as const
  })
  return json(Object.fromEntries(rows))
}

/** values.schema.json: nothing passes that values.yaml does not have. */
export function schemaFile(): string {
  const root = strict({
    global: { description: 'For charts above this one', type: 'object' },
    enabled: { description: 'For the condition of a chart above this one', type: 'boolean' },
  }) as unknown as Branch
  for (const value of chartValues()) {
    const path = value.path.split('.')
    const leaf = path.pop() ?? value.path
    let at = root
    for (const step of path) at = (at.properties[step] ??= strict({})) as unknown as Branch
    const schema = ownSchema(value.path) ?? schemaLike(value.default)
    at.properties[leaf] = { description: value.doc, ...schema }
  }
  return json({ $schema: 'http://json-schema.org/draft-07/schema#', ...root })
}

interface Branch {
  readonly properties: Record<string, object>
}

function valueTable(): string {
  const rows = chartValues().map(valueRow)
  return ['| value | default | meaning |', '|---|---|---|', ...rows].join('\n')
}

function valueRow({ path, doc, default: value }: ChartValue): string {
  const shown = JSON.stringify(value)
  return `| \`${path}\` | ${shown.length > 60 ? 'see values.yaml' : `\`${shown}\``} | ${doc} |`
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
