import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'

import { type SettingName, settings } from '../../app/settings.ts'
import { chartGoldens } from '../golden/chart.ts'
import { withTables } from '../golden/goldens.ts'
import { settingText } from './setting-text.ts'

suite('made files are as they would be made now (npm run golden)', () => {
  for (const { file, text } of chartGoldens(withTables)) {
    test(file, () => assert.equal(readFileSync(file, 'utf8'), text()))
  }
})

test('the chart knows what every setting takes', () => {
  const unknown = (Object.keys(settings) as SettingName[])
    .map((name) => settings[name].format.allowed)
    .filter((allowed) => settingText(allowed) === undefined)
  assert.deepEqual(unknown, [], 'add the sentence to setting-text.ts')
})
