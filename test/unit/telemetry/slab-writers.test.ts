// One slab, and those who come after or beside its writer.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

import * as fc from 'fast-check'

import { createSlabMemory, listenerLabels, scalars } from '../../../app/telemetry/slab-layout.ts'
import { readScalar, readSeries, resetGauges } from '../../../app/telemetry/slab-reader.ts'
import { Slab, openSlabs } from '../../../app/telemetry/slab.ts'
import { modelOf, observations, observe, seriesByKey, stopClock, total } from './observation.ts'

/** The same memory as another thread sees it: an object of its own. */
function ofAnotherThread(memory: SharedArrayBuffer): SharedArrayBuffer {
  return structuredClone(memory)
}

test('a section has one writer in a thread', () => {
  const memory = createSlabMemory()
  openSlabs(memory)
  for (const listener of listenerLabels) {
    assert.throws(() => new Slab(memory, listener), /already has a writer/)
  }
})

test('a second writer of the same memory goes on where the first has stopped', (t) => {
  stopClock(t)
  const property = fc.property(observations, observations, (early, late) => {
    const memory = createSlabMemory()
    const first = new Slab(memory)
    for (const observation of early) observe(first, observation)
    const second = new Slab(ofAnotherThread(memory))
    for (const observation of late) observe(second, observation)
    const found = seriesByKey(memory)
    const model = modelOf([...early, ...late])
    assert.equal(found.size, model.size)
    for (const [key, { count, counts }] of model) {
      assert.deepEqual(found.get(key)?.counts, counts, key)
      assert.equal(found.get(key)?.count, count, key)
    }
  })
  fc.assert(property)
})

test('a second writer of a full memory uses the shared series too', (t) => {
  stopClock(t)
  const memory = createSlabMemory()
  const routes = Array.from({ length: 40 }, (_, route) => route)
  const statuses = Array.from({ length: 50 }, (_, index) => 200 + index)
  for (let writer = 0; writer < 2; writer++) {
    const slab = new Slab(ofAnotherThread(memory))
    for (const route of routes) {
      for (const status of statuses) observe(slab, { route, method: 'GET', status, ms: 1 })
    }
  }
  const series = readSeries(memory)
  assert.equal(
    total(series, ({ count }) => count),
    2 * routes.length * statuses.length,
  )
  assert.equal(series.filter(({ route }) => route === -1).length, 1)
  const own = series.filter(({ status }) => status >= 200)
  assert.ok(own.length > 400 && own.every(({ count }) => count === 2))
})

test('of a worker that is gone the counters stay and what it had open does not', (t) => {
  stopClock(t)
  const memory = createSlabMemory()
  const slab = new Slab(memory)
  for (const scalar of scalars) slab.set(scalar, 7)
  observe(slab, { route: 0, method: 'GET', status: 200, ms: 1 })
  resetGauges(memory)
  const left = scalars.filter((scalar) => readScalar(memory, scalar) !== 0)
  assert.deepEqual(left, [
    'connectionsOpened',
    'connectionsOverLimit',
    'connectionsOverAddress',
    'connectionsWithoutFile',
    'bytesIn',
    'bytesOut',
    'webSocketMessages',
    'lastConnectionAt',
    'connectionBeforeAt',
    'cpuSeconds',
    'gcMinor',
    'gcMajor',
    'gcOther',
    'gcSeconds',
    'bodyBytesIn',
    'bodyBytesOut',
    'logLinesDropped',
    'heldRefused',
    'workRefused',
    'rateLimited',
    'badPrefaces',
    'datagramsIn',
    'datagramsOut',
    'datagramsDropped',
  ])
  assert.equal(readSeries(memory)[0]?.count, 1)
})

test('a reader beside a writing worker sees whole numbers that only grow, and all of them at the end', async () => {
  const memory = createSlabMemory()
  const control = new Int32Array(new SharedArrayBuffer(8))
  const worker = new Worker(new URL('slab-writer.ts', import.meta.url), {
    workerData: { memory, control },
  })
  const exit = once(worker, 'exit')
  let seen = 0
  let bytesSeen = 0
  for (let timesGrown = 0; timesGrown < 500;) {
    const bytes = readScalar(memory, 'bytesIn')
    const counted = total(readSeries(memory), ({ count }) => count)
    assert.ok(Number.isInteger(counted) && bytes % 2 ** 20 === 0)
    assert.ok(counted >= seen && bytes >= bytesSeen, `${counted} after ${seen}`)
    if (counted > seen) timesGrown++
    seen = counted
    bytesSeen = bytes
    // Lets an error of the worker through.
    await Promise.race([exit, setImmediate()])
  }
  Atomics.store(control, 0, 1)
  assert.deepEqual(await exit, [0])
  const times = Atomics.load(control, 1)
  const series = readSeries(memory)
  assert.equal(readScalar(memory, 'bytesIn'), times * 2 ** 20)
  assert.equal(
    total(series, ({ count }) => count),
    times,
  )
  assert.equal(
    total(series, ({ counts }) => counts.reduce((sum, value) => sum + value, 0)),
    times,
  )
  assert.equal(series.length, 6)
})

test('an arrival that turns out to be a probe is passed over, and no more than that one', () => {
  const memory = createSlabMemory()
  const slab = new Slab(memory)
  const latest = (): number => slab.get('lastConnectionAt')
  slab.arrive(10)
  slab.arrive(20)
  slab.forgetArrival()
  assert.equal(latest(), 10)
  // A second request on the same connection, or on an old one.
  slab.forgetArrival()
  assert.equal(latest(), 10)
  for (const probe of [30, 40, 50]) {
    slab.arrive(probe)
    slab.forgetArrival()
  }
  assert.equal(latest(), 10)
  slab.arrive(60)
  assert.equal(latest(), 60)
})
