import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import { createBeat, wallClockNs } from '../../../app/traffic/pace.ts'

/** A clock that stands still until it is moved. */
function createClock(startMs: number): { now: () => number; move(ms: number): void } {
  let nowMs = startMs
  return {
    now: () => nowMs,
    move(ms) {
      nowMs += ms
    },
  }
}

test('tick n is due n intervals after the first, however late each one before it was', () => {
  const lateness = fc.array(fc.nat(500), { maxLength: 50 })
  const property = fc.property(
    fc.nat(100),
    fc.nat(1_000_000),
    lateness,
    (intervalMs, startMs, late) => {
      const clock = createClock(startMs)
      const beat = createBeat(intervalMs, clock.now)
      assert.equal(beat(), 0)
      for (const [index, lateMs] of late.entries()) {
        const dueMs = startMs + (index + 1) * intervalMs
        const nowMs = clock.now()
        const waitMs = beat()
        assert.equal(waitMs, Math.max(0, dueMs - nowMs))
        clock.move(waitMs + lateMs)
      }
    },
  )
  fc.assert(property)
})

test('timers that fire late by less than an interval do not make the beat drift', () => {
  const clock = createClock(1000)
  const beat = createBeat(10, clock.now)
  const waits: number[] = []
  for (let tick = 0; tick < 1000; tick++) {
    const waitMs = beat()
    waits.push(waitMs)
    clock.move(waitMs + (tick % 10))
  }
  // 999 intervals after the first tick, and the last one was 9 late.
  assert.equal(clock.now(), 1000 + 999 * 10 + 9)
  assert.ok(waits.every((waitMs) => waitMs >= 0))
})

test('a wait is never negative, even when the clock moves between two looks at it', () => {
  let nowMs = 0
  const beat = createBeat(0.1, () => (nowMs += 7))
  for (let tick = 0; tick < 100; tick++) assert.equal(beat(), 0)
})

test('a beat of no interval never waits', () => {
  const beat = createBeat(0, () => 5)
  for (let tick = 0; tick < 10; tick++) assert.equal(beat(), 0)
})

test('the first tick is due when it is asked for, not when the beat was made', () => {
  const clock = createClock(0)
  const beat = createBeat(100, clock.now)
  clock.move(5000)
  assert.equal(beat(), 0)
  assert.equal(beat(), 100)
})

test('without a clock of its own a beat goes by the real one', () => {
  const beat = createBeat(60_000)
  assert.equal(beat(), 0)
  const waitMs = beat()
  assert.ok(waitMs > 30_000 && waitMs <= 60_000, String(waitMs))
})

test('the wall clock is nanoseconds since 1970 in whole microseconds', () => {
  const before = Date.now()
  const ns = wallClockNs()
  const after = Date.now()
  assert.equal(ns % 1000n, 0n)
  // performance.timeOrigin does not follow a clock that is set while the process runs.
  const toleranceMs = 1000
  const ms = Number(ns / 1_000_000n)
  assert.ok(ms >= before - toleranceMs && ms <= after + toleranceMs, `${ms} in ${before}..${after}`)
})

test('the wall clock does not go back', () => {
  let last = wallClockNs()
  for (let turn = 0; turn < 1000; turn++) {
    const next = wallClockNs()
    assert.ok(next >= last)
    last = next
  }
})
