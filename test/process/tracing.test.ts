import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'

import { startOrigin } from '../support/origin.ts'
import { connectTo, rawRequest } from '../support/raw.ts'
import { scrape } from '../support/scrape.ts'
import { until } from '../support/wait.ts'
import { type Span, TraceCollector, valueOf } from './trace-collector.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const parentId = 'b7ad6b7169203331'

function traceparent(isSampled: boolean): string {
  return `00-${traceId}-${parentId}-0${isSampled ? 1 : 0}`
}

function get(span: Span, name: string): string | number | undefined {
  return valueOf(span.attributes, name)
}

const serverKind = 2
const errorStatus = 2

test('a request is a server span by the semantic conventions, below its caller, which is told', async (t) => {
  const collector = await TraceCollector.start(t)
  const origin = await startOrigin(t, {}, collector.environment)
  const headers = { traceparent: traceparent(true), 'user-agent': 'tester' }
  const answer = await fetch(`${origin.url}/bin/1K?seed=3`, { headers })
  await answer.arrayBuffer()
  await until('a span is exported', () => collector.spans.length === 1)
  const [span = assert.fail()] = collector.spans
  assert.deepEqual([span.traceId, span.parentSpanId, span.kind], [traceId, parentId, serverKind])
  assert.equal(span.name, 'GET /bin/{size}')
  const expected = {
    'http.request.method': 'GET',
    'http.route': '/bin/{size}',
    'http.response.status_code': 200,
    'http.response.body.size': 1024,
    'url.path': '/bin/1K',
    'url.query': 'seed=3',
    'url.scheme': 'http',
    'server.address': '127.0.0.1',
    'server.port': origin.ports.http,
    'client.address': '127.0.0.1',
    'network.protocol.version': '1.1',
    'user_agent.original': 'tester',
  }
  for (const [name, value] of Object.entries(expected)) assert.equal(get(span, name), value, name)
  const took = BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)
  assert.ok(took > 0n && took < 10_000_000_000n, `${took} ns`)
  assert.equal(answer.headers.get('traceresponse'), `00-${traceId}-${span.spanId}-01`)
  assert.deepEqual(collector.services, ['hpdummy'])
})

test('errors, odd methods, handshakes and clients that left are recorded as such', async (t) => {
  const collector = await TraceCollector.start(t)
  const origin = await startOrigin(t, {}, { ...collector.environment, OTEL_SERVICE_NAME: 'mine' })
  await (await fetch(`${origin.url}/status/503`)).text()
  await (await fetch(`${origin.url}/status/404`, { method: 'PROPFIND' })).text()
  const socket = new WebSocket(`${origin.url.replace('http', 'ws')}/ws`)
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  socket.close()
  const connection = connectTo(t, origin)
  connection.send(rawRequest('GET /delay/60000'))
  await until('it waits', async () => (await scrape(origin)).activeRequests === 1)
  connection.socket.resetAndDestroy()
  await until('four spans are exported', () => collector.spans.length === 4)
  const [failed, odd, handshake, left] = collector.spans
  assert.ok(failed && odd && handshake && left)
  assert.deepEqual([failed.status.code, get(failed, 'error.type')], [errorStatus, '503'])
  assert.deepEqual(
    [odd.name, get(odd, 'http.request.method_original'), odd.status.code],
    ['_OTHER /status/{code}', 'PROPFIND', 0],
  )
  assert.equal(get(handshake, 'http.response.status_code'), 101)
  assert.equal(get(left, 'error.type'), 'client_left')
  assert.ok(collector.services.includes('mine'))
})

test('what a client asked to go wrong is told, and is no error of the origin', async (t) => {
  const collector = await TraceCollector.start(t)
  const origin = await startOrigin(t, {}, collector.environment)
  const targets = ['/bin/1?hp-status=503&hp-header=A:b', '/bin/2?hp-status=503:0', '/status/503']
  for (const target of targets) await (await fetch(`${origin.url}${target}`)).text()
  await until('three spans are exported', () => collector.spans.length === 3)
  const seen = collector.spans.map((span) => [
    get(span, 'http.response.status_code'),
    get(span, 'hpdummy.injected'),
    get(span, 'error.type'),
    span.status.code ?? 0,
  ])
  assert.deepEqual(seen, [
    [503, 'status,header', undefined, 0],
    [200, undefined, undefined, 0],
    [503, undefined, '503', errorStatus],
  ])
})

test("a ratio is kept to, a caller's decision before it, and a sampled trace is an exemplar", async (t) => {
  const collector = await TraceCollector.start(t)
  const origin = await startOrigin(
    t,
    {},
    {
      ...collector.environment,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.2',
    },
  )
  const count = 400
  for (let sent = 0; sent < count; sent += 40) {
    const asked = Array.from({ length: 40 }, async () => (await fetch(origin.url)).text())
    await Promise.all(asked)
  }
  for (const isSampled of [true, false]) {
    await (
      await fetch(`${origin.url}/bin/7`, { headers: { traceparent: traceparent(isSampled) } })
    ).text()
  }
  await until('the last is exported', () =>
    collector.spans.some(({ traceId: id }) => id === traceId),
  )
  const mine = collector.spans.filter(({ traceId: id }) => id === traceId)
  assert.equal(mine.length, 1)
  const share = (collector.spans.length - 1) / count
  assert.ok(share > 0.1 && share < 0.3, `${share} of the requests have a trace`)
  const metrics = await fetch(`http://127.0.0.1:${origin.ports.admin}/metrics`, {
    headers: { accept: 'application/openmetrics-text' },
  })
  const ids = new Set(collector.spans.map((span) => `${span.traceId} ${span.spanId}`))
  const exemplars = [
    ...(await metrics.text()).matchAll(
      /_bucket\{.*\} \d+ # \{trace_id="(\w+)",span_id="(\w+)"\} [\d.e-]+ [\d.]+$/gm,
    ),
  ]
  assert.ok(exemplars.length > 0, 'no exemplar')
  for (const [, trace, span] of exemplars) assert.ok(ids.has(`${trace} ${span}`))
})

test('the rest is exported when the origin drains; a failing collector delays nothing', async (t) => {
  const collector = await TraceCollector.start(t)
  const slow = { OTEL_BSP_SCHEDULE_DELAY: '60000' }
  const origin = await startOrigin(t, { workers: 2 }, { ...collector.environment, ...slow })
  for (let sent = 0; sent < 10; sent++) await (await fetch(origin.url)).text()
  assert.equal(collector.spans.length, 0)
  origin.signal('SIGTERM')
  assert.equal(await origin.exited, 0)
  assert.equal(collector.spans.length, 10)
  collector.status = 400
  const other = await startOrigin(t, {}, collector.environment)
  assert.equal((await fetch(other.url)).status, 200)
  const line = await other.waitForLog(({ msg }) => msg === 'tracing')
  assert.equal(line['level'], 'warn')
  other.signal('SIGTERM')
  assert.equal(await other.exited, 0)
})

test('over gRPC, too', async (t) => {
  const server = createServer()
  const paths: string[] = []
  server.on('stream', (stream, headers) => {
    paths.push(String(headers[':path']))
    stream.resume()
    stream.on('end', () => {
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc' },
        { waitForTrailers: true },
      )
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(Buffer.from([0, 0, 0, 0, 0]))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const origin = await startOrigin(
    t,
    {},
    {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_BSP_SCHEDULE_DELAY: '100',
    },
  )
  await (await fetch(origin.url)).text()
  await until('an export', () => paths.length > 0)
  assert.equal(paths[0], '/opentelemetry.proto.collector.trace.v1.TraceService/Export')
})

test('without an endpoint there is no tracing, and the answer names no trace', async (t) => {
  const origin = await startOrigin(t)
  const answer = await fetch(origin.url, { headers: { traceparent: traceparent(true) } })
  assert.equal(answer.headers.get('traceresponse'), null)
  await answer.text()
})
