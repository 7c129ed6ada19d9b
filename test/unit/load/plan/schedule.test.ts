import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Arrivals, type OpenSchedule, shareOf } from '../../../../app/load/plan/schedule.ts'

const open = (more: Partial<OpenSchedule>): OpenSchedule => ({
  kind: 'open',
  stages: [{ durationMs: 1000, from: 100, to: 100 }],
  arrivals: 'constant',
  requests: Number.POSITIVE_INFINITY,
  seed: 1,
  ...more,
})

function allOf(schedule: OpenSchedule, share = { index: 0, count: 1 }): readonly number[] {
  const arrivals = new Arrivals(schedule, share)
  const found: number[] = []
  while (arrivals.nextMs !== Number.POSITIVE_INFINITY) {
    found.push(arrivals.nextMs)
    arrivals.take()
  }
  assert.equal(arrivals.left, 0)
  return found
}

test('a constant rate has even gaps, and none after the end', () => {
  const due = allOf(open({}))
  assert.equal(due.length, 100)
  for (const [index, at] of due.entries()) assert.ok(Math.abs(at - index * 10) < 1e-6, `${at}`)
})

test('a ramp has as many requests as the area below it, and half of them in the last 0.29 of it', () => {
  const due = allOf(open({ stages: [{ durationMs: 2000, from: 0, to: 100 }] }))
  assert.equal(due.length, 100)
  assert.deepEqual(
    due,
    due.toSorted((one, other) => one - other),
  )
  const half = due.filter((at) => at < 2000 * Math.SQRT1_2).length
  assert.ok(Math.abs(half - 50) <= 1, `${half}`)
})

test('stages follow each other, down to nothing, too', () => {
  const stages = [
    { durationMs: 1000, from: 10, to: 10 },
    { durationMs: 1000, from: 0, to: 0 },
    { durationMs: 1000, from: 20, to: 0 },
  ]
  const due = allOf(open({ stages }))
  const counts = [0, 1, 2].map((second) => due.filter((at) => Math.floor(at / 1000) === second))
  assert.deepEqual(
    counts.map(({ length }) => length),
    [10, 0, 10],
  )
})

test('threads share out all requests, each one once', () => {
  const schedule = open({ requests: 95 })
  const shares = [0, 1, 2].map((index) => allOf(schedule, { index, count: 3 }))
  const together = shares.flat().toSorted((one, other) => one - other)
  assert.deepEqual(together, allOf(schedule))
  assert.deepEqual(
    [0, 1, 2].map((index) => shareOf(95, { index, count: 3 })),
    [32, 32, 31],
  )
})

test('random gaps have the rate on average, the spread of a Poisson process, and are the same again', () => {
  const schedule = open({
    arrivals: 'poisson',
    stages: [{ durationMs: 100_000, from: 100, to: 100 }],
  })
  const due = allOf(schedule)
  assert.ok(Math.abs(due.length - 10_000) < 400, `${due.length}`)
  const gaps = due.slice(1).map((at, index) => at - (due[index] ?? 0))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const spread = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
  // Of an exponential distribution they are equal.
  assert.ok(Math.abs(spread / mean - 1) < 0.05, `${spread / mean}`)
  assert.deepEqual(allOf(schedule), due)
})
