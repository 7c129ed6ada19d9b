import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'

import { Retry } from '../../../../app/runtime/workers/retry.ts'

async function pass(t: TestContext, ms: number): Promise<void> {
  t.mock.timers.tick(ms)
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
}

test('it waits twice as long each time, up to a minute, and from the start after a success', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const waits: number[] = []
  let fails = true
  let attempts = 0
  const retry = new Retry(
    async () => {
      attempts++
      if (fails) throw new Error('still not')
    },
    (_error, nextMs) => waits.push(nextMs),
  )
  retry.fail(new Error('not now'))
  for (const wait of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
    assert.equal(waits.at(-1), wait)
    await pass(t, wait)
  }
  assert.equal(attempts, 8)
  fails = false
  await pass(t, 60_000)
  await pass(t, 600_000)
  assert.equal(attempts, 9)
  retry.fail(new Error('again'))
  assert.equal(waits.at(-1), 1000)
})

test('two failures make one attempt, and none is made when it was stopped', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let attempts = 0
  const retry = new Retry(
    async () => void attempts++,
    () => {},
  )
  retry.fail(new Error('one'))
  retry.fail(new Error('two'))
  await pass(t, 5000)
  assert.equal(attempts, 1)
  retry.fail(new Error('three'))
  retry.stop()
  await pass(t, 60_000)
  assert.equal(attempts, 1)
})
