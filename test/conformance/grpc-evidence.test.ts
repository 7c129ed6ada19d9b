import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'

import type { GrpcEndpoint } from '../../app/endpoints/grpc/grpc-endpoint.ts'
import { grpcRows } from '../../app/endpoints/table.ts'
import { grpcStatuses } from '../../app/errors.ts'
import type { Witnessed, WitnessedRequest } from '../../app/telemetry/witness.ts'
import { askRaw, connectRaw } from '../support/grpc-raw.ts'
import { until, within } from '../support/wait.ts'
import { GrpcClient, collect } from './grpc-client.ts'
import { allCallsFreed, openGrpc } from './grpc-listener.ts'

const echo = '/echo.EchoService/Echo'
const bidiStream = '/hpdummy.v1.Origin/BidiStream'
const health = '/grpc.health.v1.Health/Check'

test('an observer gets each call and its end; the answer names its trace', async (t) => {
  const [shown, ended, logged]: [WitnessedRequest[], Witnessed[], Witnessed[]] = [[], [], []]
  const grpc = await openGrpc(t, {
    witness: {
      trace(request) {
        shown.push(request)
        return { headers: [['Traceresponse', '00-ab-cd-01']], end: (end) => ended.push(end) }
      },
      ended: (exchange) => logged.push(exchange),
    },
  })
  const client = new GrpcClient(t, grpc.port)
  const metadata = { 'x-request-id': 'order-66', traceparent: '00-1-2-01' }
  const { head } = await client.ask(echo, { message: 'hello' }, { metadata })
  assert.deepEqual(head?.get('traceresponse'), ['00-ab-cd-01'])
  await until('a line', () => logged.length, { holds: (lines) => lines === 1 })
  assert.equal(shown.length, 1)
  assert.deepEqual(ended, logged)
  const [line] = logged
  assert.ok(line)
  const { startedAt, sourceAddress, userAgent, bytesOut, ...rest } = line
  assert.ok(startedAt <= performance.now())
  assert.match(sourceAddress, /^127\.0\.0\.1:\d+$/)
  assert.match(userAgent, /^grpc-node-js/)
  assert.ok(bytesOut > 50)
  assert.deepEqual(rest, {
    listener: 'grpc',
    scheme: 'http',
    httpVersion: '2',
    method: 'POST',
    path: echo,
    query: '',
    route: echo,
    requestId: 'order-66',
    host: `127.0.0.1:${grpc.port}`,
    traceparent: '00-1-2-01',
    tracestate: '',
    status: 0,
    bytesIn: 7,
    isAborted: false,
    injected: [],
  })
})

test('a call whose client leaves is told as CANCELLED and aborted; health is told, too', async (t) => {
  const logged: Witnessed[] = []
  const grpc = await openGrpc(t, { witness: { ended: (exchange) => logged.push(exchange) } })
  const client = new GrpcClient(t, grpc.port)
  const stream = client.begin(bidiStream)
  stream.write({})
  await within('a first answer', new Promise((resolve) => stream.once('data', resolve)))
  const ended = collect(stream)
  stream.cancel()
  await ended
  client.close()
  await askRaw(await connectRaw(t, grpc.port), health)
  await until('two lines', () => logged.length, { holds: (lines) => lines === 2 })
  assert.deepEqual(
    logged.map(({ path, status, isAborted }) => [path, status, isAborted]),
    [
      [bidiStream, grpcStatuses.CANCELLED, true],
      [health, grpcStatuses.OK, false],
    ],
  )
})

/** All rows, with one of them answered otherwise. */
function rowsWith(path: string, handle: () => never): readonly GrpcEndpoint[] {
  return grpcRows.map((row) => (row.path === path ? ({ ...row, handle } as GrpcEndpoint) : row))
}

for (const path of [echo, bidiStream, '/hpdummy.v1.Origin/ClientStream']) {
  test(`a bug in ${path} is INTERNAL that tells nothing, and is reported`, async (t) => {
    const bug = new TypeError('secret')
    const grpc = await openGrpc(t, {
      rows: rowsWith(path, () => {
        throw bug
      }),
    })
    const { status } = await new GrpcClient(t, grpc.port).ask(path, {})
    assert.equal(status.code, grpcStatuses.INTERNAL)
    assert.equal(status.details, 'the origin failed; see its log')
    assert.deepEqual(grpc.bugs, [bug])
    assert.equal(grpc.active(), 0)
  })
}

/** What is wrong with the rows, which shows when the first client comes. */
async function bugOf(t: TestContext, rows: readonly GrpcEndpoint[]): Promise<string> {
  const grpc = await openGrpc(t, { rows })
  const socket = connect(grpc.port, '127.0.0.1')
  t.after(() => socket.destroy())
  const [bug] = await until('the bug', () => grpc.bugs, { holds: (bugs) => bugs.length > 0 })
  return String(bug)
}

test('rows and .proto files must have the same methods', async (t) => {
  const rows = grpcRows.filter(({ path }) => path !== echo)
  assert.match(await bugOf(t, rows), /without a row \/echo.EchoService\/Echo,/)
  const stranger = { ...grpcRows[0], path: '/echo.EchoService/Nope' } as GrpcEndpoint
  const bug = await bugOf(t, [...grpcRows, stranger])
  assert.match(bug, /without a contract \/echo.EchoService\/Nope/)
})

test('an endless stream leaves room for other calls, and nothing behind', async (t) => {
  const grpc = await openGrpc(t)
  const client = new GrpcClient(t, grpc.port)
  const stream = client.begin('/grpc.testing.BenchmarkService/StreamingBothWays')
  stream.write({ responseSize: 10_000 })
  let messages = 0
  stream.on('data', () => messages++)
  const ended = collect(stream)
  await until('50 messages', () => messages, { holds: (seen) => seen > 50 })
  const connection = await connectRaw(t, grpc.port)
  for (let call = 0; call < 20; call++) assert.equal((await askRaw(connection, echo)).status, 0)
  stream.end()
  assert.equal((await within('the end of the stream', ended)).status.code, 0)
  client.close()
  connection.session.close()
  await allCallsFreed(grpc)
})
