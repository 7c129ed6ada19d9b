import assert from 'node:assert/strict'
import { test } from 'node:test'

import { grpcStatuses } from '../../app/errors.ts'
import {
  askRaw,
  beginRaw,
  connectRaw,
  emptyMessage,
  framed,
  outcomeOf,
} from '../support/grpc-raw.ts'
import { canConnect } from '../support/ports.ts'
import { until, within } from '../support/wait.ts'
import { GrpcClient, collect } from './grpc-client.ts'
import { allCallsFreed, openGrpc } from './grpc-listener.ts'

const unary = '/hpdummy.v1.Origin/Unary'
const health = '/grpc.health.v1.Health/Check'
const watch = '/grpc.health.v1.Health/Watch'
const fullDuplex = '/grpc.testing.TestService/FullDuplexCall'

// HealthCheckResponse.status 1 is SERVING, 2 NOT_SERVING.
const [serving, notServing] = [
  framed(Buffer.from('0801', 'hex')),
  framed(Buffer.from('0802', 'hex')),
]

test('a drain says GOAWAY to every connection, idle ones and busy ones, and calls in flight finish', async (t) => {
  const grpc = await openGrpc(t)
  const connections = await Promise.all(Array.from({ length: 4 }, () => connectRaw(t, grpc.port)))
  const [busy] = connections
  assert.ok(busy)
  const open = beginRaw(busy, fullDuplex)
  open.write(emptyMessage)
  await until('the call is open', grpc.active, { holds: (active) => active === 1 })
  grpc.drain(200)
  await within(
    'the end of the idle connections',
    Promise.all(connections.slice(1).map(({ closed }) => closed)),
  )
  await until('two GOAWAYs', () => busy.goaways.length, { holds: (seen) => seen === 2 })
  // First the warning, then the one that names the last stream (RFC 9113 6.8).
  assert.deepEqual(busy.goaways, [
    { code: 0, lastStream: 2 ** 31 - 1 },
    { code: 0, lastStream: 1 },
  ])
  assert.equal(grpc.active(), 1)
  const ended = outcomeOf(open)
  open.end()
  assert.equal((await within('the end of the call', ended)).status, 0)
  await within('the end of the busy connection', busy.closed)
  await allCallsFreed(grpc)
})

test('a drain sends connections away one after the other over its time', async (t) => {
  const grpc = await openGrpc(t)
  const connections = await Promise.all(Array.from({ length: 5 }, () => connectRaw(t, grpc.port)))
  const at: number[] = []
  for (const { session } of connections) session.once('goaway', () => at.push(performance.now()))
  grpc.drain(400)
  await within('the end of all connections', Promise.all(connections.map(({ closed }) => closed)))
  assert.ok(
    Math.max(...at) - Math.min(...at) >= 200,
    `over ${Math.max(...at) - Math.min(...at)} ms`,
  )
})

test('a late client is served, and its first call is the last of its connection', async (t) => {
  const grpc = await openGrpc(t)
  grpc.drain(0)
  const connection = await connectRaw(t, grpc.port)
  assert.deepEqual(connection.goaways, [])
  assert.equal((await askRaw(connection, unary)).status, 0)
  await within('the end of the connection', connection.closed)
})

test('health is SERVING for all and each, and NOT_SERVING from the drain on', async (t) => {
  const grpc = await openGrpc(t)
  const names = ['', 'echo.EchoService', 'hpdummy.v1.Origin', 'grpc.testing.TestService']
  const answers = async (): Promise<readonly Buffer[]> =>
    Promise.all(
      names.map(async (name) => {
        const stream = beginRaw(await connectRaw(t, grpc.port), health)
        const pieces: Buffer[] = []
        stream.on('data', (piece: Buffer) => pieces.push(piece))
        const nameField = Buffer.from(name)
        const tag = name === '' ? [] : [0x0a, nameField.length]
        stream.end(framed(Buffer.concat([Buffer.from(tag), nameField])))
        await within('an answer of health', outcomeOf(stream))
        return Buffer.concat(pieces)
      }),
    )
  for (const answer of await answers()) assert.deepEqual(answer, serving)
  grpc.drain(0)
  for (const answer of await answers()) assert.deepEqual(answer, notServing)
  const stranger = framed(Buffer.from('0a046e6f7065', 'hex'))
  const { status } = await askRaw(await connectRaw(t, grpc.port), health, { body: stranger })
  assert.equal(status, grpcStatuses.NOT_FOUND)
})

test('a client that watches health gets NOT_SERVING, does not delay the drain, and ends with the port', async (t) => {
  const grpc = await openGrpc(t)
  const stream = beginRaw(await connectRaw(t, grpc.port), watch)
  const pieces: Buffer[] = []
  stream.on('data', (piece: Buffer) => pieces.push(piece))
  const ended = outcomeOf(stream)
  stream.end(emptyMessage)
  const seen = (): string => Buffer.concat(pieces).toString('hex')
  await until('SERVING', seen, { holds: (hex) => hex === serving.toString('hex') })
  assert.equal(grpc.active(), 0)
  grpc.drain(0)
  const both = Buffer.concat([serving, notServing]).toString('hex')
  await until('NOT_SERVING', seen, { holds: (hex) => hex === both })
  grpc.listener.stopAccepting()
  assert.equal((await within('the end of the watch', ended)).status, grpcStatuses.UNAVAILABLE)
  await until('the port is closed', () => canConnect(grpc.port), { holds: (can) => !can })
  await allCallsFreed(grpc)
})

test('echo.EchoService says UNAVAILABLE while draining, also within a stream', async (t) => {
  const grpc = await openGrpc(t)
  const client = new GrpcClient(t, grpc.port)
  const stream = client.begin('/echo.EchoService/StreamEcho')
  stream.write({ message: 'a' })
  await within('a first answer', new Promise((resolve) => stream.once('data', resolve)))
  const ended = collect(stream)
  grpc.drain(0)
  stream.write({ message: 'b' })
  const { status, messages } = await within('the end of the stream', ended)
  assert.deepEqual(messages, [])
  assert.deepEqual([status.code, status.details], [14, 'server is shutting down'])
  const echo = await client.ask('/echo.EchoService/Echo', { message: 'c' })
  assert.deepEqual([echo.status.code, echo.status.details], [14, 'server is shutting down'])
})

test('close cuts what is open', async (t) => {
  const grpc = await openGrpc(t)
  const connection = await connectRaw(t, grpc.port)
  beginRaw(connection, fullDuplex).on('error', () => {})
  await until('the call is open', grpc.active, { holds: (active) => active === 1 })
  grpc.listener.close()
  await within('the end of the connection', connection.closed)
  await allCallsFreed(grpc)
  assert.deepEqual(grpc.counted(), { [`${fullDuplex} 1`]: 1 })
})
