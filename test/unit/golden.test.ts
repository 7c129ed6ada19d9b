import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { goldens, withTables } from '../golden/goldens.ts'

for (const { file, text } of goldens) {
  test(`${file} says what the code says (npm run golden writes it)`, () => {
    assert.equal(readFileSync(file, 'utf8'), text())
  })
}

test('a table goes between its markers and nowhere else', () => {
  const text = 'a\n<!-- t -->\nold\n<!-- /t -->\nb\n'
  assert.equal(withTables(text, { t: 'new' }), 'a\n<!-- t -->\nnew\n<!-- /t -->\nb\n')
  assert.throws(() => withTables('no markers', { t: 'new' }), /no <!-- t -->/)
})
