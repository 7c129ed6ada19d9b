import { createRequire } from 'node:module'

import type * as Yaml from 'yaml'

import { ScenarioProblem } from '../traffic/scenario-document.ts'
import { type Scenario, readScenario } from '../traffic/scenario.ts'

/** Parses a scenario (YAML or JSON). Throws ScenarioProblem. */
export function readScenarioText(text: string): {
  readonly document: unknown
  readonly scenario: Scenario
} {
  const document = parse(text)
  return { document, scenario: readScenario(document) }
}

function parse(text: string): unknown {
  // Loaded when there is something to read: 9 MiB.
  const yaml = createRequire(import.meta.url)('yaml') as typeof Yaml
  try {
    return yaml.parse(text, { prettyErrors: false, uniqueKeys: false, maxAliasCount: 10 })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ScenarioProblem(`it is neither YAML nor JSON: ${why}`)
  }
}
