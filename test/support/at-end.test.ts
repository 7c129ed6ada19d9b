import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'

import { atEnd } from './at-end.ts'

type Hook = () => Promise<void>

/** A test that ends when `end` is called. */
function createTest(): { readonly t: Pick<TestContext, 'after'>; readonly end: Hook } {
  const hooks: Hook[] = []
  const t = { after: (hook: Hook) => void hooks.push(hook) } as unknown as Pick<
    TestContext,
    'after'
  >
  return {
    t,
    end: async () => {
      for (const hook of hooks) await hook()
    },
  }
}

test('what was done last is undone first, and each is waited for', async () => {
  const { t, end } = createTest()
  const undone: string[] = []
  atEnd(t, () => undone.push('directory'))
  atEnd(t, async () => {
    await Promise.resolve()
    undone.push('program')
  })
  await end()
  assert.deepEqual(undone, ['program', 'directory'])
})

test('what fails to be undone fails the test and keeps nothing else from being undone', async () => {
  const { t, end } = createTest()
  const undone: string[] = []
  atEnd(t, () => undone.push('directory'))
  atEnd(t, () => {
    throw new Error('the program ended with 1')
  })
  await assert.rejects(end(), /ended with 1/)
  assert.deepEqual(undone, ['directory'])
})
