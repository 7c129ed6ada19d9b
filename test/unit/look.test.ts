import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { isShortage, look } from '../../app/look.ts'

function systemError(code: string, syscall = 'open'): Error {
  return Object.assign(new Error(`${code}: as the system says`), { code, syscall })
}

function throwing(error: Error): () => never {
  return () => {
    throw error
  }
}

test('a look returns what it sees', () => {
  assert.equal(
    look(() => 7),
    7,
  )
})

test('a look that the system refuses is unknown, whatever the reason', () => {
  for (const code of ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'ENOENT', 'EACCES', 'ESTALE']) {
    assert.equal(look(throwing(systemError(code))), undefined)
  }
  assert.equal(
    look(() => readFileSync('/no/such/file')),
    undefined,
  )
})

test('a bug in a look is still a bug', () => {
  assert.throws(() => look(throwing(new TypeError('x is not a function'))), TypeError)
})

test('a shortage is told apart from errors that will not go away', () => {
  assert.ok(isShortage(systemError('EMFILE')))
  assert.ok(isShortage(systemError('ENFILE')))
  assert.ok(!isShortage(systemError('ENOENT')))
  assert.ok(!isShortage(new Error('EMFILE')))
  assert.ok(!isShortage('EMFILE'))
})
