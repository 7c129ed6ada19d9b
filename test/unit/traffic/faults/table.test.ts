import assert from 'node:assert/strict'
import { test } from 'node:test'

import { faults, parseFault } from '../../../../app/traffic/faults/table.ts'

test('every fault reads its own example, and no two have one name', () => {
  for (const { name, example, parse } of faults) {
    assert.ok(example.startsWith(`${name}@`))
    assert.deepEqual(parseFault(example), parse(example.slice(name.length + 1)))
    assert.notEqual(parseFault(example), undefined)
  }
  assert.equal(new Set(faults.map(({ name }) => name)).size, faults.length)
})

test('sizes are read as everywhere', () => {
  assert.deepEqual(parseFault('truncate@1K'), { cutAt: 1024 })
  assert.deepEqual(parseFault('truncate@0'), { cutAt: 0 })
})

test('what cannot be read is no fault', () => {
  for (const text of [
    '',
    '@',
    'truncate',
    'truncate@',
    'truncate@-1',
    'truncate@1@2',
    'Truncate@1',
  ]) {
    assert.equal(parseFault(text), undefined, text)
  }
})
