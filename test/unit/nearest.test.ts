import assert from 'node:assert/strict'
import { test } from 'node:test'

import { nearestWord } from '../../app/nearest.ts'

const known = ['serve', 'settings', 'version', 'help']

test('a mistyped word finds the right one: a letter too few, too many, wrong, or two swapped', () => {
  for (const [typed, meant] of [
    ['serv', 'serve'],
    ['servee', 'serve'],
    ['sirve', 'serve'],
    ['sreve', 'serve'],
    ['hlep', 'help'],
    ['seting', 'settings'],
    ['help', 'help'],
  ] as const) {
    assert.equal(nearestWord(typed, known), meant, typed)
  }
})

test('another word finds none', () => {
  for (const typed of ['banana', 'x', '', 'load', 'verify', 'x'.repeat(10_000)]) {
    assert.equal(nearestWord(typed, known), undefined, typed.slice(0, 20))
  }
})
