import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import { latenciesSince, percentile, sumLatencies } from '../../../app/telemetry/latencies.ts'
import { createSlabMemory } from '../../../app/telemetry/slab-layout.ts'
import { readLatencies } from '../../../app/telemetry/slab-reader.ts'
import { Slab } from '../../../app/telemetry/slab.ts'

function latenciesOf(...seconds: readonly number[]): Float64Array {
  const memory = createSlabMemory()
  const slab = new Slab(memory)
  const slot = slab.slot(0, 200, { method: 'GET' })
  for (const one of seconds) slab.count(slot, one)
  return readLatencies(memory)
}

test('a percentile is right to an eighth, from microseconds to half an hour', () => {
  const seconds = fc.double({ min: 1e-6, max: 1800, noNaN: true })
  fc.assert(
    fc.property(seconds, (one) => {
      const told = percentile(latenciesOf(one), 0.99) ?? 0
      const error = Math.abs(told - one)
      assert.ok(error <= Math.max(1e-6, one * 0.125), `${one} is told as ${told}`)
    }),
    { numRuns: 2000 },
  )
})

test('a percentile is of all, the rest is above it', () => {
  const many = latenciesOf(...Array.from({ length: 98 }, () => 0.001), 0.5, 2)
  assert.ok(Math.abs((percentile(many, 0.5) ?? 0) - 0.001) < 0.0001)
  assert.ok(Math.abs((percentile(many, 0.99) ?? 0) - 0.5) < 0.07)
  assert.ok((percentile(many, 1) ?? 0) > 1.7)
  assert.equal(percentile(latenciesOf(), 0.5), undefined)
})

test('what came since is what is told, over all workers', () => {
  const [before, after] = [latenciesOf(0.1), latenciesOf(0.1, 0.2)]
  const since = latenciesSince(after, before)
  assert.ok(Math.abs((percentile(since, 0.01) ?? 0) - 0.2) < 0.025)
  assert.equal(
    sumLatencies([before, after]).reduce((sum, count) => sum + count),
    3,
  )
})

test('a latency no cell is made for is counted in the last', () => {
  assert.ok((percentile(latenciesOf(1e9), 0.5) ?? 0) > 2000)
  assert.equal(percentile(latenciesOf(0), 0.5), 0.5e-6)
})
