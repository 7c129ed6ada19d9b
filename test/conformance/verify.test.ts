// `hpdummy verify` at the origin itself: what it is told, and what it cannot see. The whole card is in test/process.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Card } from '../../app/evidence/verify/card.ts'
import { runHpdummy } from '../support/programs.ts'
import { useOrigin } from '../support/shared-origin.ts'

const origin = useOrigin()

interface Told {
  readonly checks: Card['lines']
}

async function verify(...words: readonly string[]) {
  const { ports } = origin()
  const place = `--origin=http://127.0.0.1:${ports.admin}`
  return runHpdummy(['verify', ...words, place, '--json'])
}

test('what needs the wire listener is unknown behind the fast one, and the exit code says so', async () => {
  const { ports } = origin()
  const { code, stdout } = await verify(`http://127.0.0.1:${ports.http}`, '--checks=F1,H13')
  const { checks } = JSON.parse(stdout.toString()) as Told
  assert.deepEqual(
    checks.map(({ id, result }) => [id, result]),
    [
      ['F1', 'unknown'],
      ['H13', 'pass'],
    ],
  )
  assert.equal(code, 3)
})

test('a URL that leads to no origin is told as that', async () => {
  const { ports } = origin()
  const { code, stderr } = await verify(`http://127.0.0.1:${ports.admin}`)
  assert.equal(code, 3)
  assert.match(stderr, /does not lead to hpdummy: its answer is 404/)
})

test('an admin port that does not answer is told with its flag', async () => {
  const { ports } = origin()
  const words = ['verify', `http://127.0.0.1:${ports.wire}`, '--origin=http://127.0.0.1:9']
  const { code, stderr } = await runHpdummy(words)
  assert.equal(code, 3)
  assert.match(stderr, /admin port does not answer: .*say where it is with --origin/)
})

test('without the admin port, --direct leaves what needs no ledger', async () => {
  const { ports } = origin()
  const url = `http://127.0.0.1:${ports.wire}`
  const words = ['verify', url, `--direct=${url}`, '--origin=http://127.0.0.1:9', '--json']
  const { code, stdout, stderr } = await runHpdummy([...words, '--checks=F1,R2'])
  const { checks } = JSON.parse(stdout.toString() || '{"checks":[]}') as Told
  assert.deepEqual(
    checks.map(({ id, result }) => [id, result]),
    [
      ['R2', 'unknown'],
      ['F1', 'pass'],
    ],
    stderr,
  )
  assert.equal(code, 3)
})

test('wrong words are refused, all at once', async () => {
  const { code, stderr } = await runHpdummy([
    'verify',
    'ftp://x',
    '--groop=R',
    '--checks=H99',
    '--groups=Q',
    '--ai',
    '--junit',
  ])
  assert.equal(code, 2)
  for (const sentence of [
    /the URL: ftp:\/\/x: use http/,
    /--groop: verify has no such flag; did you mean --groups\?/,
    /--checks: H99: there is no such check/,
    /--groups: Q: there is no such group; use R, C, F/,
    /--junit: needs a value: --junit=FILE/,
    /--ai: not there yet/,
  ]) {
    assert.match(stderr, sentence)
  }
})
