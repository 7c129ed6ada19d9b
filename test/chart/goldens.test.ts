import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'

import { type SettingName, settings } from '../../app/config/settings.ts'
import { helmGoldens } from '../golden/goldens.ts'
import { withoutHelm } from '../support/chart/helm.ts'
import { settingText } from '../support/chart/setting-text.ts'

suite(
  'what Helm makes is as it would be made now (npm run golden)',
  { skip: withoutHelm() },
  () => {
    for (const { file, text } of helmGoldens()) {
      test(file, () => assert.equal(readFileSync(file, 'utf8'), text()))
    }
  },
)

test('the chart knows what every setting takes', () => {
  const unknown = (Object.keys(settings) as SettingName[])
    .map((name) => settings[name].format.allowed)
    .filter((allowed) => settingText(allowed) === undefined)
  assert.deepEqual(unknown, [], 'add the sentence to setting-text.ts')
})
