import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { StallWatch, stallLookMs } from '../../../../app/runtime/workers/stall-watch.ts'
import { createSlabMemory } from '../../../../app/telemetry/slab-layout.ts'
import { Slab } from '../../../../app/telemetry/slab.ts'

/** A worker and a clock that a test moves, a look at a time. */
function watched() {
  const slab = createSlabMemory()
  const worker = { slab }
  const counters = new Slab(slab, 'fast')
  counters.set('threadId', 7)
  let now = 5000
  let cpuMs = 100
  let isRunnable = false
  let isKnown = true
  const watch = new StallWatch({
    nowMs: () => now,
    threadTime: (id) => {
      assert.equal(id, 7)
      return isKnown ? { cpuMs, isRunnable } : undefined
    },
  })
  watch.look(worker, true)
  return {
    counters,
    hideThread: () => (isKnown = false),
    /** Looks `times` times, each `wallMs` after the last, in which the thread had `ownMs` of a CPU. */
    pass(
      times: number,
      ownMs: number | 'asleep',
      { wallMs = stallLookMs, isExpected = true } = {},
    ): number {
      let silent = 0
      for (let time = 0; time < times; time++) {
        now += wallMs
        isRunnable = ownMs !== 'asleep'
        cpuMs += ownMs === 'asleep' ? 0 : ownMs
        silent = watch.look(worker, isExpected)
      }
      return silent
    },
  }
}

suite('a worker is silent', () => {
  test('for as long as it spins or sleeps in a blocking call', () => {
    assert.equal(watched().pass(7, 1000), 7000)
    assert.equal(watched().pass(7, 'asleep'), 7000)
  })

  test('for no longer than it had CPU time: not when it is starved, and not with a tenth of a CPU', () => {
    assert.equal(watched().pass(60, 0), 0)
    assert.equal(watched().pass(60, 100), 6000)
  })

  test('for no longer than two looks when the process or the machine stood still', () => {
    assert.equal(watched().pass(1, 'asleep', { wallMs: 3_600_000 }), 2 * stallLookMs)
    assert.equal(watched().pass(1, 50, { wallMs: 3_600_000 }), 50)
  })

  test('by the clock, where the kernel shows nothing about threads', () => {
    const worker = watched()
    worker.hideThread()
    assert.equal(worker.pass(4, 0), 4000)
  })
})

suite('a worker is not silent', () => {
  for (const sign of ['beats', 'connectionsOpened', 'bodyBytesOut', 'datagramsIn'] as const) {
    test(`after a sign of life: ${sign}`, () => {
      const worker = watched()
      worker.pass(9, 1000)
      worker.counters.add(sign, 1)
      assert.equal(worker.pass(1, 1000), 0)
      assert.equal(worker.pass(1, 1000), 1000)
    })
  }

  test('after the end of an exchange', () => {
    const worker = watched()
    worker.pass(9, 1000)
    worker.counters.observe(0, 200, { method: 'GET', startedAt: 0 })
    assert.equal(worker.pass(1, 1000), 0)
  })

  test('while no sign of life is expected, and its silence begins anew after that', () => {
    const worker = watched()
    worker.pass(9, 1000)
    assert.equal(worker.pass(9, 1000, { isExpected: false }), 0)
    assert.equal(worker.pass(2, 1000), 2000)
  })
})
