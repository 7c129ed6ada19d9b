import assert from 'node:assert/strict'
import { test } from 'node:test'

import { grpcStatuses, resetCodes } from '../../app/errors.ts'
import { askRaw, beginRaw, connectRaw, emptyMessage, outcomeOf } from '../support/grpc-raw.ts'
import { within } from '../support/wait.ts'
import { allCallsFreed, openGrpc } from './grpc-listener.ts'

const unary = '/hpdummy.v1.Origin/Unary'
const health = '/grpc.health.v1.Health/Check'
const streamEcho = '/echo.EchoService/StreamEcho'
const anyStream = 2 ** 31 - 1

test('x-hp-status is the status, and the trailer says that it was injected', async (t) => {
  const grpc = await openGrpc(t)
  const connection = await connectRaw(t, grpc.port)
  const { status, end } = await askRaw(connection, unary, {
    headers: { 'x-hp-status': 'DATA_LOSS' },
  })
  assert.equal(status, grpcStatuses.DATA_LOSS)
  assert.equal(end['x-hp-injected'], 'status=DATA_LOSS')
})

test('percentages are kept, and the rest of the calls is not affected', async (t) => {
  const grpc = await openGrpc(t, { tuning: { status: 'UNAVAILABLE:30,INTERNAL:20' } })
  const connection = await connectRaw(t, grpc.port)
  const counts = new Map<number | undefined, number>()
  for (let call = 0; call < 400; call++) {
    const { status } = await askRaw(connection, unary)
    counts.set(status, (counts.get(status) ?? 0) + 1)
  }
  // The origin's numbers are seeded, so these are the same each time; the bounds are 4 sigma.
  const [ok = 0, unavailable = 0, internal = 0] = [0, 14, 13].map((code) => counts.get(code))
  assert.equal(ok + unavailable + internal, 400)
  assert.ok(unavailable > 83 && unavailable < 157, `${unavailable} UNAVAILABLE`)
  assert.ok(internal > 48 && internal < 112, `${internal} INTERNAL`)
})

for (const name of ['CANCEL', 'REFUSED_STREAM', 'ENHANCE_YOUR_CALM', 'INTERNAL_ERROR'] as const) {
  test(`x-hp-reset-stream: ${name} is that RST_STREAM and no status`, async (t) => {
    const grpc = await openGrpc(t)
    const connection = await connectRaw(t, grpc.port)
    const headers = { 'x-hp-reset-stream': name }
    const { status, httpStatus, resetCode } = await askRaw(connection, unary, { headers })
    assert.deepEqual([httpStatus, status, resetCode], [undefined, undefined, resetCodes[name]])
    // The connection has nothing to do with it.
    assert.equal((await askRaw(connection, unary)).status, 0)
    assert.equal(grpc.active(), 0)
  })
}

test('the setting resets streams, too, and what a call says is stronger', async (t) => {
  const grpc = await openGrpc(t, { tuning: { resetStream: 'CANCEL', status: 'ABORTED' } })
  const connection = await connectRaw(t, grpc.port)
  assert.equal((await askRaw(connection, unary)).resetCode, resetCodes.CANCEL)
  const headers = { 'x-hp-reset-stream': 'CANCEL:0', 'x-hp-status': 'NOT_FOUND' }
  assert.equal((await askRaw(connection, unary, { headers })).status, grpcStatuses.NOT_FOUND)
})

test('x-hp-delay waits before the call is handled, over the setting', async (t) => {
  const grpc = await openGrpc(t, { tuning: { delayMs: 20_000 } })
  const connection = await connectRaw(t, grpc.port)
  const started = performance.now()
  const { status } = await askRaw(connection, unary, { headers: { 'x-hp-delay': '60ms' } })
  assert.equal(status, 0)
  const took = performance.now() - started
  assert.ok(took >= 60 && took < 10_000, `${took} ms`)
})

for (const [header, value, says] of [
  ['x-hp-status', 'NO_SUCH', /x-hp-status is wrong.*UNAVAILABLE/],
  ['x-hp-status', 'ABORTED:60,INTERNAL:60', /x-hp-status is wrong/],
  ['x-hp-reset-stream', 'cancel', /x-hp-reset-stream is wrong.*ENHANCE_YOUR_CALM/],
  ['x-hp-delay', 'soon', /x-hp-delay is wrong; use milliseconds/],
  ['x-hp-delay', '2s', /x-hp-delay is past limits.delay \(1s\)/],
  ['x-hp-goaway', 'maybe', /x-hp-goaway is wrong; use true or false/],
] as const) {
  test(`${header}: ${value} is INVALID_ARGUMENT and says what is allowed`, async (t) => {
    const { port } = await openGrpc(t, { limits: { delayMs: 1000 } })
    const connection = await connectRaw(t, port)
    const { status, message } = await askRaw(connection, unary, { headers: { [header]: value } })
    assert.equal(status, grpcStatuses.INVALID_ARGUMENT)
    assert.match(message, says)
  })
}

test('with faults switched off nothing goes wrong, whatever a call asks for', async (t) => {
  const tuning = {
    hasFaults: false,
    status: 'ABORTED',
    resetStream: 'CANCEL',
    delayMs: 20_000,
    goawayAfter: 1,
    maxConnectionAgeMs: 1,
  }
  const connection = await connectRaw(t, (await openGrpc(t, { tuning })).port)
  const headers = { 'x-hp-status': 'ABORTED', 'x-hp-goaway': 'true', 'x-hp-delay': 'bad' }
  for (let call = 0; call < 3; call++) {
    assert.equal((await askRaw(connection, unary, { headers })).status, 0)
  }
  assert.deepEqual(connection.goaways, [])
})

test('health and reflection are spared', async (t) => {
  const grpc = await openGrpc(t, { tuning: { status: 'ABORTED', resetStream: 'CANCEL' } })
  const connection = await connectRaw(t, grpc.port)
  assert.equal((await askRaw(connection, health)).status, 0)
})

test('x-hp-goaway sends GOAWAY with this stream as the last; calls in flight finish', async (t) => {
  const grpc = await openGrpc(t)
  const connection = await connectRaw(t, grpc.port)
  const open = beginRaw(connection, streamEcho)
  open.write(emptyMessage)
  await within('a first answer', new Promise((resolve) => open.once('data', resolve)))
  const { status } = await askRaw(connection, unary, { headers: { 'x-hp-goaway': 'true' } })
  assert.equal(status, 0)
  assert.deepEqual(connection.goaways[0], { code: 0, lastStream: 3 })
  const ended = outcomeOf(open)
  open.end(emptyMessage)
  assert.equal((await within('the end of the open call', ended)).status, 0)
  await within('the end of the connection', connection.closed)
  await allCallsFreed(grpc)
})

test('grpc.goawayAfter is the number of calls a connection gets', async (t) => {
  const grpc = await openGrpc(t, { tuning: { goawayAfter: 3 } })
  const connection = await connectRaw(t, grpc.port)
  for (let call = 0; call < 3; call++) assert.equal((await askRaw(connection, unary)).status, 0)
  await within('the end of the connection', connection.closed)
  // Node says it again when it closes the connection.
  for (const goaway of connection.goaways) assert.deepEqual(goaway, { code: 0, lastStream: 5 })
  grpc.retune({ goawayAfter: 0 })
  const next = await connectRaw(t, grpc.port)
  for (let call = 0; call < 5; call++) assert.equal((await askRaw(next, unary)).status, 0)
})

test('grpc.maxConnectionAge sends connections away, those that are open at a change, too', async (t) => {
  const grpc = await openGrpc(t)
  const connection = await connectRaw(t, grpc.port)
  assert.equal((await askRaw(connection, unary)).status, 0)
  grpc.retune({ maxConnectionAgeMs: 50 })
  await within('the end of the connection', connection.closed)
  // The warning (RFC 9113 6.8), at which this client leaves, as nothing is under way.
  assert.deepEqual(connection.goaways[0], { code: 0, lastStream: anyStream })
  const next = await connectRaw(t, grpc.port)
  await within('the end of a connection without a call', next.closed)
})

test('x-hp asks in the words of the grammar, over the metadata of its own and the settings', async (t) => {
  const grpc = await openGrpc(t, { tuning: { status: 'ABORTED' } })
  const connection = await connectRaw(t, grpc.port)
  const statusOf = async (hp: string, headers = {}): Promise<number | undefined> =>
    (await askRaw(connection, unary, { headers: { 'x-hp': hp, ...headers } })).status
  assert.equal(await statusOf('fault=grpc-status=15'), grpcStatuses.DATA_LOSS)
  assert.equal(
    await statusOf('fault=grpc-status=15', { 'x-hp-status': 'NOT_FOUND' }),
    grpcStatuses.DATA_LOSS,
  )
  // The statuses of HTTP are those that gRPC has for them.
  assert.equal(await statusOf('status=503'), grpcStatuses.UNAVAILABLE)
  assert.equal(await statusOf('status=404'), grpcStatuses.UNIMPLEMENTED)
  assert.equal(await statusOf('status=500'), grpcStatuses.UNKNOWN)
})

test('x-hp delays, resets and says GOAWAY, and tells it to a call with an id', async (t) => {
  const grpc = await openGrpc(t)
  const connection = await connectRaw(t, grpc.port)
  const started = performance.now()
  const headers = { 'x-hp': 'delay=60ms', 'x-hp-id': 'a' }
  assert.equal((await askRaw(connection, unary, { headers })).status, 0)
  assert.ok(performance.now() - started >= 59)
  const reset = await askRaw(connection, unary, { headers: { 'x-hp': 'fault=rst-stream=8' } })
  assert.equal(reset.resetCode, 8)
  const goaway = new Promise((resolve) => connection.session.once('goaway', resolve))
  assert.equal((await askRaw(connection, unary, { headers: { 'x-hp': 'fault=goaway' } })).status, 0)
  await within('GOAWAY', goaway)
})

test('x-hp that cannot be read, or that no call can suffer, is refused with a sentence', async (t) => {
  const grpc = await openGrpc(t)
  const connection = await connectRaw(t, grpc.port)
  const refused = await askRaw(connection, unary, { headers: { 'x-hp': 'delay=10xs' } })
  assert.equal(refused.status, grpcStatuses.INVALID_ARGUMENT)
  const unfit = await askRaw(connection, unary, { headers: { 'x-hp': 'size=1K' } })
  assert.equal(unfit.status, grpcStatuses.UNIMPLEMENTED)
  assert.match(decodeURIComponent(String(unfit.end['grpc-message'])), /gRPC cannot carry out/)
})
