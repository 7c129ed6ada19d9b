import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { test } from 'node:test'

import { chart } from '../support/chart/values.ts'

// Names that others of the chart's parts use, tried wherever they appear.
const parts = new Set(['_helpers', '_settings', '_checks'])

test('every template has a suite', () => {
  const missing = readdirSync(`${chart}/templates`, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:tpl|yaml|txt)$/.test(name))
    .map((name) => name.replace(/\.\w+$/, '').replace('/', '-'))
    .filter((name) => !parts.has(name))
    .map((name) => `test/chart/templates/${name.replace(/^_/, '').toLowerCase()}.test.ts`)
    .filter((path) => !existsSync(path))
  assert.deepEqual(missing, [])
})
