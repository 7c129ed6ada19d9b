import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import { durationBuckets } from '../../../app/telemetry/buckets.ts'
import {
  createSlabMemory,
  isFailure,
  mostOfRoute,
  scalars,
} from '../../../app/telemetry/slab-layout.ts'
import { readScalar, readSeries } from '../../../app/telemetry/slab-reader.ts'
import { Slab } from '../../../app/telemetry/slab.ts'
import {
  type Observation,
  bucketOf,
  modelOf,
  observations,
  observe,
  seriesByKey,
  stopClock,
  total,
} from './observation.ts'

test('all that was observed is counted exactly, as a map counts it', (t) => {
  stopClock(t)
  const property = fc.property(observations, (list) => {
    const memory = createSlabMemory()
    const slab = new Slab(memory)
    for (const observation of list) observe(slab, observation)
    const found = seriesByKey(memory)
    const model = modelOf(list)
    assert.deepEqual([...found.keys()].toSorted(), [...model.keys()].toSorted())
    for (const [key, { count, sum, counts }] of model) {
      assert.deepEqual(found.get(key)?.counts, counts, key)
      assert.equal(found.get(key)?.count, count, key)
      assert.equal(found.get(key)?.sum, sum, key)
    }
  })
  fc.assert(property)
})

test('the buckets go up from 0.1 ms to 10 s', () => {
  assert.equal(durationBuckets[0], 0.0001)
  assert.equal(durationBuckets.at(-1), 10)
  const bounds: readonly number[] = durationBuckets
  assert.deepEqual(
    bounds,
    [...new Set(bounds)].toSorted((a, b) => a - b),
  )
})

test('a bucket takes the times up to its bound and the bound itself', (t) => {
  stopClock(t)
  for (const [index, bound] of durationBuckets.entries()) {
    const memory = createSlabMemory()
    const slab = new Slab(memory)
    for (const ms of [bound * 999, bound * 1000, bound * 1001]) {
      observe(slab, { route: 0, method: 'GET', status: 200, ms })
    }
    const counts = readSeries(memory)[0]?.counts ?? []
    assert.equal(counts[index], 2, `at ${bound}`)
    assert.equal(counts[index + 1], 1, `above ${bound}`)
  }
})

test('the time is that between the start and now', (t) => {
  t.mock.method(performance, 'now', () => 5000)
  const memory = createSlabMemory()
  new Slab(memory).observe(0, 200, { method: 'GET', startedAt: 4250 })
  assert.equal(readSeries(memory)[0]?.sum, 0.75)
})

test('a slot that was asked for is where exchanges of its kind are counted, for good', (t) => {
  stopClock(t)
  const memory = createSlabMemory()
  const slab = new Slab(memory)
  const slot = slab.slot(4, 206, { method: 'HEAD' })
  assert.deepEqual(readSeries(memory), [], 'asking counts nothing')
  observe(slab, { route: 4, method: 'HEAD', status: 206, ms: 1000 })
  slab.count(slot, 2)
  assert.equal(slab.slot(4, 206, { method: 'HEAD' }), slot)
  assert.notEqual(slab.slot(4, 206, { method: 'GET' }), slot)
  const [series] = readSeries(memory)
  assert.deepEqual([series?.route, series?.method, series?.status], [4, 'HEAD', 206])
  assert.deepEqual([series?.count, series?.sum], [2, 3])
})

test('methods without a label of their own are _OTHER, in any case and length', () => {
  const memory = createSlabMemory()
  const slab = new Slab(memory)
  const others = [
    'get',
    'BREW',
    '',
    '_OTHER',
    'constructor',
    '__proto__',
    'G'.repeat(1000),
    'QUERY',
  ]
  for (const method of others) slab.observe(3, 200, { method, startedAt: 0 })
  const series = readSeries(memory)
  assert.deepEqual(
    series.map(({ route, method, status, count }) => [route, method, status, count]),
    [[3, '_OTHER', 200, others.length]],
  )
})

test('routes and statuses come back as they were, to the last route a table may have', () => {
  const memory = createSlabMemory()
  const slab = new Slab(memory)
  const pairs = [0, 1, 11, 255, 1000].flatMap((route) =>
    [100, 200, 499, 599].map((status) => [route, status]),
  )
  for (const [route = 0, status = 0] of pairs) {
    slab.observe(route, status, { method: 'CONNECT', startedAt: 0 })
  }
  assert.deepEqual(
    readSeries(memory).map(({ route, status }) => [route, status]),
    pairs,
  )
})

test('a route with too many combinations counts the rest by class of status and takes no slot of others', (t) => {
  stopClock(t)
  const memory = createSlabMemory()
  const slab = new Slab(memory)
  const scan: Observation[] = []
  for (const method of ['GET', 'POST', 'BREW']) {
    for (let status = 100; status < 600; status++) scan.push({ route: 7, method, status, ms: 250 })
  }
  const later = { route: 8, method: 'GET', status: 200, ms: 250 }
  for (const observation of [...scan, ...scan, later]) observe(slab, observation)
  const series = readSeries(memory)
  assert.equal(series.length, mostOfRoute + 5 + 1)
  assert.equal(series.find(({ route }) => route === 8)?.method, 'GET')
  const shared = series.filter(({ status }) => status < 10)
  assert.ok(shared.every(({ route, method }) => route === 7 && method === '_OTHER'))
  // 300 combinations of each class were seen twice each; the first of all have series of their own.
  assert.deepEqual(
    new Map(shared.map(({ status, count }) => [status, count])),
    new Map([
      [1, 2 * (300 - mostOfRoute)],
      [2, 600],
      [3, 600],
      [4, 600],
      [5, 600],
    ]),
  )
})

test('past the last slot, exchanges with a fault are still counted apart', () => {
  const memory = createSlabMemory()
  const slab = new Slab(memory)
  for (let route = 0; route < 600; route++) {
    slab.observe(route, 503, { method: 'GET', startedAt: 0, isInjected: route % 3 === 0 })
  }
  const series = readSeries(memory)
  assert.equal(series.filter(({ route }) => route === -1).length, 2)
  assert.equal(
    total(
      series.filter(({ isInjected }) => isInjected),
      ({ count }) => count,
    ),
    200,
  )
})

test('past the last slot nothing is lost: the rest shares a series for each class of status', (t) => {
  stopClock(t)
  const memory = createSlabMemory()
  const slab = new Slab(memory)
  const statuses = [200, 204, 301, 304, 400, 404, 500, 503, 599]
  const all: Observation[] = []
  for (let route = 0; route < 40; route++) {
    for (const method of ['GET', 'POST']) {
      for (const status of statuses) all.push({ route, method, status, ms: 250 })
    }
  }
  for (const observation of [...all, ...all]) observe(slab, observation)
  const series = readSeries(memory)
  const others = series.filter(({ route }) => route === -1)
  assert.ok(series.length < all.length, 'this many combinations should not fit')
  assert.deepEqual(
    others.map(({ method, status }) => [method, status]),
    [2, 3, 4, 5].map((status) => ['_OTHER', status]),
  )
  assert.equal(
    total(series, ({ count }) => count),
    2 * all.length,
  )
  assert.equal(
    total(series, ({ sum }) => sum),
    0.25 * 2 * all.length,
  )
  assert.equal(
    total(series, ({ counts }) => counts[bucketOf(0.25)] ?? 0),
    2 * all.length,
  )
  const failures = series.filter(({ listener, status }) => isFailure(listener, status))
  assert.equal(
    total(failures, ({ count }) => count),
    (2 * all.length * 5) / statuses.length,
  )
})

test('calls past the last slot are OK or not, by the statuses of gRPC', () => {
  const memory = createSlabMemory()
  const slab = new Slab(memory, 'grpc')
  for (let route = 0; route < 40; route++) {
    for (let status = 0; status <= 16; status++) {
      slab.observe(route, status, { method: 'POST', startedAt: 0 })
    }
  }
  const series = readSeries(memory)
  const others = series.filter(({ route }) => route === -1)
  assert.deepEqual(
    others.map(({ status }) => status),
    [0, 2],
  )
  const failures = series.filter(({ listener, status }) => isFailure(listener, status))
  assert.equal(
    total(failures, ({ count }) => count),
    40 * 16,
  )
})

test('scalars add up, are set, and are read from either end', () => {
  const changes = fc.array(
    fc.record({
      scalar: fc.constantFrom(...scalars),
      amount: fc.integer(),
      isSet: fc.boolean(),
    }),
  )
  const property = fc.property(changes, (list) => {
    const memory = createSlabMemory()
    const slab = new Slab(memory)
    const model = new Map<string, number>()
    for (const { scalar, amount, isSet } of list) {
      if (isSet) slab.set(scalar, amount)
      else slab.add(scalar, amount)
      model.set(scalar, isSet ? amount : (model.get(scalar) ?? 0) + amount)
    }
    for (const scalar of scalars) {
      assert.equal(slab.get(scalar), model.get(scalar) ?? 0)
      assert.equal(readScalar(memory, scalar), model.get(scalar) ?? 0)
    }
    assert.deepEqual(readSeries(memory), [])
  })
  fc.assert(property)
})

test('a count of bytes is exact past 32 bits', () => {
  const memory = createSlabMemory()
  const slab = new Slab(memory)
  slab.add('bytesOut', Number.MAX_SAFE_INTEGER - 1)
  slab.add('bytesOut', 1)
  assert.equal(readScalar(memory, 'bytesOut'), Number.MAX_SAFE_INTEGER)
})
