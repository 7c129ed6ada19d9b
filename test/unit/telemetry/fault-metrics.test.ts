import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createSlabMemory } from '../../../app/telemetry/slab-layout.ts'
import { openSlabs } from '../../../app/telemetry/slab.ts'
import { scrape } from './scraped.ts'

test('faults are counted by listener, asked for and done, and the done ones once more by fault alone', async () => {
  const memory = createSlabMemory()
  const { fast, wire } = openSlabs(memory)
  for (const isDone of [true, true, false]) fast.countFault(1, isDone)
  wire.countFault(1, true)
  wire.countFault(0, false)
  const samples = await scrape({ slabs: () => [memory], faults: ['delay', 'status'] })
  const told = samples
    .filter(({ name }) => name.startsWith('hpdummy_faults'))
    .map(({ name, labels, value }) => [name, Object.values(labels).join(' '), value])
  assert.deepEqual(told, [
    ['hpdummy_faults_total', 'delay wire false', 1],
    ['hpdummy_faults_total', 'status fast true', 2],
    ['hpdummy_faults_total', 'status fast false', 1],
    ['hpdummy_faults_total', 'status wire true', 1],
    ['hpdummy_faults_injected_total', 'status', 3],
  ])
})
