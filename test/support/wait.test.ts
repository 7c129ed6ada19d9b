import assert from 'node:assert/strict'
import { type TestContext, suite, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'

import { pause, until, within } from './wait.ts'

const never = new Promise<never>(() => {})

/** Has the test say when time passes; `pass` lets what waits for it run in between. */
function mockTime(t: TestContext): (ms: number) => Promise<void> {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  return async (ms) => {
    for (let passed = 0; passed < ms; passed += 10) {
      t.mock.timers.tick(10)
      await turn()
    }
  }
}

function countTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}

suite('within', () => {
  test('resolves and rejects as the promise does', async () => {
    assert.equal(await within('a number', Promise.resolve(7)), 7)
    await assert.rejects(within('a number', Promise.reject(new Error('none'))), /^Error: none$/)
  })

  test('names what did not come, after the time it was given', async (t) => {
    const pass = mockTime(t)
    let error: unknown
    const waiting = within('an answer', never, { ms: 1000 }).catch((late: unknown) => {
      error = late
    })
    await pass(990)
    assert.equal(error, undefined)
    await pass(10)
    await waiting
    assert.equal(String(error), 'Error: not within 1000 ms: an answer')
  })

  test('gives a machine that stood still the rest of the time', async () => {
    const threeTurns = (async () => {
      for (let count = 0; count < 3; count++) await pause(1)
      return 'in time'
    })()
    const waiting = within('three turns', threeTurns, { ms: 500 })
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700)
    assert.equal(await waiting, 'in time')
  })

  test('leaves no timer behind', async () => {
    const before = countTimers()
    await within('a number', Promise.resolve(7))
    assert.equal(countTimers(), before)
  })
})

suite('until', () => {
  test('resolves to the first answer that is truthy, or that holds', async () => {
    let asked = 0
    const count = (): number => asked++
    assert.equal(await until('one', count), 1)
    assert.equal(await until('four', count, { holds: (number) => number === 4 }), 4)
    assert.equal(await until('nothing', () => undefined, { holds: () => true }), undefined)
    assert.equal(asked, 5)
  })

  test('names the last answer when none holds, and asks no more', async (t) => {
    const pass = mockTime(t)
    let asked = 0
    const failing = assert.rejects(
      until('three', () => ({ count: Math.min(++asked, 2) }), {
        holds: ({ count }) => count === 3,
        ms: 500,
      }),
      { message: 'not within 500 ms: three; at last { count: 2 }' },
    )
    await pass(500)
    await failing
    const askedInTime = asked
    assert.ok(askedInTime > 10)
    await pass(100)
    assert.ok(asked <= askedInTime + 1, `${asked} after ${askedInTime}`)
  })

  test('does not wait for an answer that never comes', async (t) => {
    const pass = mockTime(t)
    const failing = assert.rejects(
      until('an answer', () => never, { ms: 500 }),
      { message: 'not within 500 ms: an answer; at last undefined' },
    )
    await pass(500)
    await failing
  })

  test('fails as soon as asking fails', async () => {
    const broken = Promise.reject(new Error('no such port'))
    await assert.rejects(
      until('a port', () => broken),
      /^Error: no such port$/,
    )
  })
})
