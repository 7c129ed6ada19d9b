import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'

import { durationBuckets } from '../../../app/telemetry/buckets.ts'
import { Metrics, createRegistry } from '../../../app/telemetry/render.ts'
import { createSlabMemory, mostOfRoute } from '../../../app/telemetry/slab-layout.ts'
import { Slab } from '../../../app/telemetry/slab.ts'
import { parseText, valueOf } from '../../support/text-format.ts'
import { scrape, sourcesOf, workerOf } from './scraped.ts'

/** A slab in which exchanges took `ms` each. */
function slabOf(
  t: TestContext,
  observed: readonly (readonly [route: number, status: number, ms: number])[],
): SharedArrayBuffer {
  const memory = createSlabMemory()
  const slab = new Slab(memory)
  const clock = t.mock.method(performance, 'now', () => 0)
  for (const [route, status, ms] of observed)
    slab.observe(route, status, { method: 'GET', startedAt: -ms })
  clock.mock.restore()
  return memory
}

const duration = 'http_server_request_duration_seconds'

test('every line is one of the text format, and no name is described twice', async (t) => {
  const memory = slabOf(t, [[0, 200, 1]])
  const registry = createRegistry(sourcesOf({ slabs: () => [memory], routes: ['/"quoted\\\n'] }))
  const text = await registry.metrics()
  const samples = parseText(text)
  assert.ok(samples.length > durationBuckets.length)
  const described = [...text.matchAll(/^# (HELP|TYPE) (\w+)/gm)].map(([line]) => line)
  assert.equal(new Set(described).size, described.length)
  const names = samples.map(({ name, labels }) => `${name}${JSON.stringify(labels)}`)
  assert.equal(new Set(names).size, names.length, 'the same sample twice')
})

test('limits and throttling are told where the kernel tells them, and left out where not', async () => {
  const samples = await scrape({})
  assert.equal(valueOf(samples, 'hpdummy_memory_limit_bytes'), 2 ** 28)
  assert.equal(valueOf(samples, 'hpdummy_cpu_periods_total'), 40)
  assert.equal(valueOf(samples, 'hpdummy_cpu_throttled_periods_total'), 30)
  assert.equal(valueOf(samples, 'hpdummy_cpu_throttled_seconds_total'), 2.5)
  assert.equal(valueOf(samples, 'hpdummy_drain_forced_connections_total'), 3)
  const none = await scrape({ memoryBytes: () => undefined, throttling: () => undefined })
  assert.deepEqual(
    none.filter(({ name }) => /memory_limit|_periods_|throttled/.test(name)),
    [],
  )
})

test('the watch of the ConfigMap is told when there is one', async () => {
  const without = await scrape({})
  assert.ok(!without.some(({ name }) => name.includes('config_watch')))
  const watch = { isConnected: false, reconnects: 7, lastHeardAt: 1_700_000_000.25 }
  const samples = await scrape({ configWatch: () => watch })
  assert.equal(valueOf(samples, 'hpdummy_config_watch_connected'), 0)
  assert.equal(valueOf(samples, 'hpdummy_config_watch_reconnects_total'), 7)
  assert.equal(
    valueOf(samples, 'hpdummy_config_watch_last_heard_timestamp_seconds'),
    1_700_000_000.25,
  )
})

test('workers are told one by one, and the least headroom of them', async () => {
  const samples = await scrape({})
  assert.equal(valueOf(samples, 'hpdummy_workers'), 2)
  assert.equal(valueOf(samples, 'hpdummy_headroom_ratio'), 0.6)
  assert.equal(valueOf(samples, 'hpdummy_event_loop_utilization', { worker: '1' }), 0.5)
  const minor = { worker: '1', kind: 'minor' }
  assert.equal(valueOf(samples, 'hpdummy_worker_gc_runs_total', minor), 11)
})

test('body sizes are a histogram each way', async () => {
  const memory = createSlabMemory()
  const slab = new Slab(memory)
  for (const bytes of [0, 256, 257, 2 ** 30, 2 ** 31]) slab.countBodies(0, bytes)
  const samples = await scrape({ slabs: () => [memory] })
  const name = 'http_server_response_body_size_bytes'
  const below = (le: number | string): number =>
    valueOf(samples, `${name}_bucket`, { listener: 'fast', le: String(le) })
  assert.deepEqual([0, 256, 1024, 2 ** 30, '+Inf'].map(below), [1, 2, 3, 4, 5])
  const total = valueOf(samples, `${name}_sum`, { listener: 'fast' })
  assert.equal(total, 256 + 257 + 2 ** 30 + 2 ** 31)
  const empty = { listener: 'fast', le: '0' }
  assert.equal(valueOf(samples, 'http_server_request_body_size_bytes_bucket', empty), 5)
})

test('listeners count apart', async () => {
  const memory = createSlabMemory()
  const at = { method: 'GET', startedAt: performance.now() }
  for (const [listener, times] of [
    ['fast', 1],
    ['wire', 2],
    ['grpc', 3],
  ] as const) {
    const slab = new Slab(memory, listener)
    slab.add('connectionsOpen', times)
    for (let time = 0; time < times; time++) slab.observe(0, listener === 'grpc' ? 0 : 200, at)
  }
  const samples = await scrape({ slabs: () => [memory] })
  const open = (listener: string): number =>
    valueOf(samples, 'hpdummy_connections', { listener, state: 'open' })
  assert.deepEqual(['fast', 'wire', 'grpc', 'tcp'].map(open), [1, 2, 3, 0])
  const requests = 'http_server_request_duration_seconds_count'
  assert.equal(valueOf(samples, requests, { listener: 'fast' }), 1)
  assert.equal(valueOf(samples, requests, { listener: 'wire' }), 2)
  const call = { rpc_method: 'echo.EchoService/Echo', rpc_response_status_code: 'OK' }
  assert.equal(valueOf(samples, 'rpc_server_call_duration_seconds_count', call), 3)
})

test('OpenMetrics has each counter once, and an end', async () => {
  const metrics = new Metrics(sourcesOf({}))
  const { contentType, body } = await metrics.render('openMetrics')
  assert.match(contentType, /^application\/openmetrics-text/)
  assert.ok(body.endsWith('\n# EOF\n'))
  assert.match(body, /^# TYPE hpdummy_cpu_throttled_seconds counter$/m)
  assert.match(body, /^hpdummy_cpu_throttled_seconds_total 2\.5$/m)
  assert.doesNotMatch(body, /_total_total/)
  assert.match(
    (await metrics.render()).body,
    /^# TYPE hpdummy_cpu_throttled_seconds_total counter$/m,
  )
})

test('a histogram is cumulative, ends at +Inf with its count, and has the sum in seconds', async (t) => {
  const memory = slabOf(t, [
    [1, 200, 0.05],
    [1, 200, 3],
    [1, 200, 4],
    [1, 200, 99_000],
  ])
  const samples = await scrape({ slabs: () => [memory] })
  const buckets = samples.filter(({ name }) => name === `${duration}_bucket`)
  assert.deepEqual(
    buckets.map(({ labels }) => labels['le']),
    [...durationBuckets.map(String), '+Inf'],
  )
  const values = buckets.map(({ value }) => value)
  assert.deepEqual(
    values,
    values.toSorted((a, b) => a - b),
  )
  const at = Object.fromEntries(buckets.map(({ labels, value }) => [labels['le'], value]))
  assert.deepEqual([at['0.0001'], at['0.0025'], at['0.005'], at['10'], at['+Inf']], [1, 1, 3, 3, 4])
  assert.equal(valueOf(samples, `${duration}_count`), 4)
  assert.ok(Math.abs(valueOf(samples, `${duration}_sum`) - 99.00705) < 1e-9)
  assert.deepEqual(buckets[0]?.labels, {
    http_request_method: 'GET',
    http_route: '/bin/{size}',
    http_response_status_code: '200',
    injected: 'false',
    listener: 'fast',
    le: '0.0001',
  })
})

test('the series of two workers are one, and those of only one of them stay', async (t) => {
  const slabs = [
    slabOf(t, [
      [0, 200, 1],
      [0, 404, 1],
    ]),
    slabOf(t, [
      [0, 200, 2000],
      [1, 200, 1],
    ]),
  ]
  const samples = await scrape({ slabs: () => slabs })
  const counts = samples.filter(({ name }) => name === `${duration}_count`)
  assert.deepEqual(
    counts.map(({ labels, value }) => [
      labels['http_route'],
      labels['http_response_status_code'],
      value,
    ]),
    [
      ['/', '200', 2],
      ['/', '404', 1],
      ['/bin/{size}', '200', 1],
    ],
  )
  const merged = { http_route: '/', http_response_status_code: '200' }
  assert.equal(valueOf(samples, `${duration}_bucket`, { ...merged, le: '0.001' }), 1)
  assert.equal(valueOf(samples, `${duration}_bucket`, { ...merged, le: '2.5' }), 2)
  assert.ok(Math.abs(valueOf(samples, `${duration}_sum`, merged) - 2.001) < 1e-9)
})

test('statuses past those a route has for itself are told by their class', async (t) => {
  const statuses = Array.from({ length: 500 }, (_, index) => [0, 100 + index, 1] as const)
  const samples = await scrape({ slabs: () => [slabOf(t, statuses)] })
  const counts = samples.filter(({ name }) => name === `${duration}_count`)
  assert.equal(
    counts.reduce((sum, { value }) => sum + value, 0),
    500,
  )
  const classes = counts.filter(({ labels }) => labels['http_request_method'] === '_OTHER')
  assert.deepEqual(
    classes.map(({ labels, value }) => [labels['http_response_status_code'], value]),
    [
      ['1xx', 100 - mostOfRoute],
      ['2xx', 100],
      ['3xx', 100],
      ['4xx', 100],
      ['5xx', 100],
    ],
  )
})

test('a route the table does not have is _OTHER', async (t) => {
  const samples = await scrape({ slabs: () => [slabOf(t, [[500, 200, 1]])] })
  const counts = samples.filter(({ name }) => name === `${duration}_count`)
  assert.deepEqual(
    counts.map(({ labels }) => labels['http_route']),
    ['_OTHER'],
  )
})

test('gauges and counters are the sums over the workers', async () => {
  const slabs = [createSlabMemory(), createSlabMemory()]
  for (const [index, memory] of slabs.entries()) {
    const slab = new Slab(memory)
    slab.add('exchangesActive', 1 + index)
    slab.add('connectionsOpen', 10 + index)
    slab.add('connectionsOpened', 100 + index)
    slab.add('webSocketsOpen', 5)
    slab.add('webSocketMessages', 7)
    slab.add('bytesIn', 2 ** 40)
    slab.add('bytesOut', 2 ** 41)
  }
  const samples = await scrape({ slabs: () => slabs, phase: () => 2 })
  assert.equal(valueOf(samples, 'http_server_active_requests'), 3)
  assert.equal(valueOf(samples, 'hpdummy_connections', { listener: 'fast', state: 'open' }), 21)
  assert.equal(
    valueOf(samples, 'hpdummy_connections', { listener: 'fast', state: 'websocket' }),
    10,
  )
  assert.equal(valueOf(samples, 'hpdummy_connections_opened_total', { listener: 'fast' }), 201)
  assert.equal(valueOf(samples, 'hpdummy_websocket_messages_total'), 14)
  assert.equal(valueOf(samples, 'hpdummy_bytes_total', { direction: 'in' }), 2 ** 41)
  assert.equal(valueOf(samples, 'hpdummy_bytes_total', { direction: 'out' }), 2 ** 42)
})

test('what the primary knows is told as it is', async () => {
  const samples = await scrape({
    slabs: () => [createSlabMemory()],
    workers: () => [0, 1, 2].map(workerOf),
    phase: () => 2,
  })
  assert.equal(valueOf(samples, 'hpdummy_workers'), 3)
  assert.equal(valueOf(samples, 'hpdummy_drain_phase'), 2)
  assert.equal(valueOf(samples, 'hpdummy_cpu_quota_cores'), 2.5)
  assert.equal(valueOf(samples, 'hpdummy_worker_recycles_total', { reason: 'heap' }), 1)
  assert.equal(valueOf(samples, 'hpdummy_worker_recycles_total', { reason: 'settings' }), 0)
  assert.equal(valueOf(samples, 'hpdummy_config_last_reload_successful'), 1)
  const timestamp = 'hpdummy_config_last_reload_success_timestamp_seconds'
  assert.equal(valueOf(samples, timestamp), 1_700_000_000.5)
  assert.equal(valueOf(samples, 'hpdummy_config_reloads_total', { result: 'applied' }), 3)
  assert.equal(valueOf(samples, 'hpdummy_config_reloads_total', { result: 'refused' }), 1)
  assert.equal(valueOf(samples, 'hpdummy_config_restart_required'), 0)
  assert.equal(valueOf(samples, 'hpdummy_config_info', { hash: 'abc123', version: '1.2.3' }), 1)
})

test('without workers, and before the first exchange, the text is valid and the sums are zero', async () => {
  for (const slabs of [[], [createSlabMemory()]]) {
    const samples = await scrape({ slabs: () => slabs })
    assert.equal(valueOf(samples, 'hpdummy_bytes_total', { direction: 'in' }), 0)
    assert.ok(samples.every(({ name }) => !name.startsWith(duration)))
  }
})

test('each scrape reads the slabs again', async () => {
  const memory = createSlabMemory()
  const slab = new Slab(memory)
  const registry = createRegistry(sourcesOf({ slabs: () => [memory] }))
  const read = async (): Promise<number> =>
    valueOf(parseText(await registry.metrics()), 'hpdummy_websocket_messages_total')
  assert.equal(await read(), 0)
  slab.add('webSocketMessages', 3)
  assert.equal(await read(), 3)
})
