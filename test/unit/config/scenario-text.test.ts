// The scenarios that the project ships.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { readScenarioText } from '../../../app/config/scenario-text.ts'

const directory = 'k8s/faults'

for (const file of readdirSync(directory)) {
  test(`${file} is a scenario of its name`, () => {
    const { scenario } = readScenarioText(readFileSync(join(directory, file), 'utf8'))
    assert.equal(`${scenario.name}.yaml`, file)
  })
}
