import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'

import { Buffered, BufferedTotals, createBufferedCells } from '../../../../app/budgets/buffered.ts'
import { guardMemory } from '../../../../app/runtime/machine/memory-guard.ts'

const mib = 2 ** 20

/** A worker of a process of 100 MiB, of which a test says how much is used; what is done about it, in order. */
function guarded(t: TestContext, readAnonymous: () => number | undefined) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const cells = createBufferedCells()
  new BufferedTotals(cells).memoryBytes = 100 * mib
  const buffered = new Buffered(cells, 0)
  const done: string[] = []
  buffered.addHidden({
    isBusy: true,
    probe: () => done.push('probe'),
    relieve(bytes) {
      done.push(`hidden ${Math.round(bytes / mib)}`)
      return bytes
    },
  })
  guardMemory({ buffered, readAnonymous, collect: () => done.push('collect') })
  const holder = { giveUp: () => done.push('give up') }
  buffered.hold(holder, 3 * mib)
  return { done, buffered, holder }
}

test('nothing happens while there is memory', (t) => {
  const { done } = guarded(t, () => 49 * mib)
  t.mock.timers.tick(1000)
  assert.deepEqual(done, [])
})

test('garbage is collected from 50 % on, hidden bytes go from 75 %, and holders from 85 %', (t) => {
  let used = 51
  const { done } = guarded(t, () => used * mib)
  t.mock.timers.tick(10)
  assert.deepEqual(done.splice(0), ['probe', 'collect'])
  used = 76
  t.mock.timers.tick(10)
  assert.deepEqual(done.splice(0), ['probe', 'hidden 26'])
  used = 90
  t.mock.timers.tick(10)
  assert.deepEqual(done.splice(0), ['probe', 'hidden 40', 'give up'])
})

test('memory is checked within a turn, too, after every few MiB', (t) => {
  const { done, buffered } = guarded(t, () => 70 * mib)
  buffered.hold({ giveUp: () => {} }, 5 * mib)
  assert.deepEqual(done, ['probe', 'collect'])
})

test('figures that cannot be read have no effect', (t) => {
  const { done } = guarded(t, () => undefined)
  t.mock.timers.tick(1000)
  assert.deepEqual(done, [])
})
