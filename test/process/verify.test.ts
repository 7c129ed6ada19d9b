// `hpdummy verify` with all its checks at the origin itself: with no proxy in the way, nothing is wrong.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type Card, countsOf } from '../../app/evidence/verify/card.ts'
import { startOrigin } from '../support/origin.ts'
import { run } from '../support/programs.ts'

interface Told {
  readonly url: string
  readonly checks: Card['lines']
}

test('without a proxy the card is clean', async (t) => {
  const { ports } = await startOrigin(t)
  const url = `http://127.0.0.1:${ports.wire}`
  const words = ['verify', url, `--origin=http://127.0.0.1:${ports.admin}`, '--json']
  // The checks wait for what must not come: 20 s on an idle machine.
  const { code, stdout, stderr } = await run(process.execPath, ['app/main.ts', ...words], {
    env: {},
    withinMs: 250_000,
  })
  const told = JSON.parse(stdout.toString()) as Told
  const { fail, warn, unknown } = countsOf(told.checks)
  assert.deepEqual({ fail, warn, unknown }, { fail: 0, warn: 0, unknown: 0 }, stdout.toString())
  assert.equal(code, 0, stderr)
  assert.equal(told.url, `${url}/`)
  assert.deepEqual(Object.keys(told.checks[0] ?? {}), [
    'id',
    'level',
    'result',
    'rule',
    'sent',
    'seen',
    'why',
  ])
})
