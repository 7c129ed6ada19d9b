import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'

import { type Crew, drain } from '../../../app/runtime/drain.ts'
import { monotonicMs } from '../../../app/telemetry/clock.ts'

const config = { 'drain.quiet': 60, 'drain.notice': 400, 'drain.deadline': 1000 }
const patient = { ...config, 'drain.notice': 60_000, 'drain.deadline': 60_000 }

/** Sets the date back or forth, as somebody does who repairs a machine's clock. */
function setClock(t: TestContext, byMs: number): void {
  const real = Date.now
  t.mock.method(Date, 'now', () => real() + byMs)
}

/** A crew with one client that connected `agoMs` ago, and holds on to its exchange for ever. */
function crewWith(agoMs: number, exchanges: number): Crew {
  const lastConnectionAt = monotonicMs() - agoMs
  return {
    scope: 'process',
    sum: (scalar) => (scalar === 'exchangesActive' ? exchanges : 0),
    latest: (scalar) => (scalar === 'lastConnectionAt' ? lastConnectionAt : 0),
    steerAway: async () => ({ isEmpty: () => true, cancel: () => {}, finish: () => {} }),
    tell: () => {},
    close: async () => {},
  }
}

for (const hours of [-1, 1]) {
  const byMs = hours * 3_600_000
  test(`a clock set by ${hours} h during the drain holds nothing up`, async (t) => {
    const before = performance.now()
    const options = { config: patient, crew: crewWith(0, 0), enter: () => setClock(t, byMs) }
    assert.deepEqual(await drain(options), { connections: 0, exchanges: 0 })
    const elapsed = performance.now() - before
    t.diagnostic(`drained in ${Math.round(elapsed)} ms`)
    // After the quiet time and that of a first request, and before the times that end a drain.
    assert.ok(elapsed >= 60 && elapsed < patient['drain.notice'], `${elapsed} ms`)
  })

  test(`a clock set by ${hours} h cuts nobody before the deadline`, async (t) => {
    const before = performance.now()
    await drain({ config, crew: crewWith(0, 1), enter: () => setClock(t, byMs) })
    assert.ok(performance.now() - before >= 1000)
  })
}
