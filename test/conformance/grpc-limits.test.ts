import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'

import { grpcStatuses } from '../../app/errors.ts'
import {
  askRaw,
  beginRaw,
  connectRaw,
  emptyMessage,
  framed,
  outcomeOf,
} from '../support/grpc-raw.ts'
import { until, within } from '../support/wait.ts'
import { GrpcClient, collect } from './grpc-client.ts'
import { allCallsFreed, openGrpc } from './grpc-listener.ts'

const unary = '/hpdummy.v1.Origin/Unary'
const serverStream = '/hpdummy.v1.Origin/ServerStream'
const clientStream = '/hpdummy.v1.Origin/ClientStream'
const fullDuplex = '/grpc.testing.TestService/FullDuplexCall'
const endless = '/grpc.testing.BenchmarkService/StreamingFromServer'
const unaryCall = '/grpc.testing.TestService/UnaryCall'
const { INVALID_ARGUMENT, RESOURCE_EXHAUSTED, INTERNAL, UNIMPLEMENTED } = grpcStatuses

const limits = { delayMs: 1000, payloadBytes: 2 ** 20, count: 100 }

for (const [path, request, code, says] of [
  [
    unary,
    { response: { size: 2 ** 21 } },
    INVALID_ARGUMENT,
    'response.size 2097152 is past limits.payload (1M)',
  ],
  [
    unary,
    { response: { size: 70_000 } },
    RESOURCE_EXHAUSTED,
    'response.size 70000 is past grpc.messageLimit (64K)',
  ],
  [unary, { response: { size: 65_536 } }, RESOURCE_EXHAUSTED, 'past grpc.messageLimit (64K)'],
  [
    unary,
    { response: { seed: '18446744073709551615' } },
    INVALID_ARGUMENT,
    'response.seed 18446744073709551615 is wrong',
  ],
  [
    unary,
    { manner: { delayMs: 2000 } },
    INVALID_ARGUMENT,
    'manner.delay_ms 2000 is past limits.delay (1s)',
  ],
  [
    unary,
    { manner: { delayMs: Number.NaN } },
    INVALID_ARGUMENT,
    'manner.delay_ms NaN is no waiting time',
  ],
  [unary, { manner: { delayMs: -1 } }, INVALID_ARGUMENT, 'manner.delay_ms -1 is no waiting time'],
  [
    unary,
    { manner: { headers: { 'grpc-status': '0' } } },
    INVALID_ARGUMENT,
    '"grpc-status" cannot be metadata',
  ],
  [
    unary,
    { manner: { headers: { connection: 'close' } } },
    INVALID_ARGUMENT,
    '"connection" cannot be metadata',
  ],
  [unary, { manner: { trailers: { 'a b': 'x' } } }, INVALID_ARGUMENT, '"a b" cannot be metadata'],
  [
    unary,
    { manner: { trailers: { a: 'ü' } } },
    INVALID_ARGUMENT,
    'the value of a must be visible ASCII',
  ],
  [serverStream, { count: 101 }, INVALID_ARGUMENT, 'count 101 is past limits.count (100)'],
  [
    serverStream,
    { intervalMs: 1001 },
    INVALID_ARGUMENT,
    'interval_ms 1001 is past limits.delay (1s)',
  ],
  [unaryCall, { responseSize: -1 }, INVALID_ARGUMENT, 'response_size -1 is wrong'],
  [
    fullDuplex,
    { responseParameters: [{ size: 1, intervalUs: 2_000_000 }] },
    INVALID_ARGUMENT,
    'past limits.delay',
  ],
] as const) {
  test(`${path} refuses ${JSON.stringify(request)}`, async (t) => {
    const grpc = await openGrpc(t, { limits, messageLimitBytes: 65_536 })
    const { status } = await new GrpcClient(t, grpc.port).ask(path, request)
    assert.equal(status.code, code)
    assert.ok(status.details.includes(says), status.details)
    assert.deepEqual(grpc.bugs, [])
  })
}

test('a message past grpc.messageLimit is RESOURCE_EXHAUSTED, one below is accepted', async (t) => {
  const grpc = await openGrpc(t, { messageLimitBytes: 65_536 })
  const client = new GrpcClient(t, grpc.port)
  const large = await client.ask(clientStream, { payload: Buffer.alloc(65_536) })
  assert.equal(large.status.code, RESOURCE_EXHAUSTED)
  const fits = await client.ask(clientStream, { payload: Buffer.alloc(65_000) })
  assert.equal(fits.status.code, 0)
})

/** UnaryRequest.payload, field 3, of so many zeros. */
function zeros(bytes: number): Buffer {
  const length = [(bytes & 0x7f) | 0x80, ((bytes >> 7) & 0x7f) | 0x80, bytes >> 14]
  return Buffer.concat([Buffer.from([0x1a, ...length]), Buffer.alloc(bytes)])
}

test('gzip is accepted, and a message that unpacks to more than the limit is not', async (t) => {
  const grpc = await openGrpc(t, { messageLimitBytes: 65_536 })
  const connection = await connectRaw(t, grpc.port)
  const headers = { 'grpc-encoding': 'gzip' }
  const fits = framed(gzipSync(zeros(60_000)), true)
  assert.ok(fits.length < 1000)
  assert.equal((await askRaw(connection, unary, { headers, body: fits })).status, 0)
  const bomb = framed(gzipSync(zeros(1_000_000)), true)
  const { status } = await askRaw(connection, unary, { headers, body: bomb })
  assert.equal(status, RESOURCE_EXHAUSTED)
})

for (const [what, asking, code] of [
  ['no message', { body: new Uint8Array(0) }, UNIMPLEMENTED],
  ['two messages', { body: Buffer.concat([emptyMessage, emptyMessage]) }, UNIMPLEMENTED],
  ['bytes that are no message', { body: framed(Buffer.from('ffffffff', 'hex')) }, INTERNAL],
  [
    'what is no gzip',
    { headers: { 'grpc-encoding': 'gzip' }, body: framed(Buffer.from('x'), true) },
    INTERNAL,
  ],
  [
    'an unknown encoding',
    { headers: { 'grpc-encoding': 'br' }, body: framed(Buffer.from('x'), true) },
    UNIMPLEMENTED,
  ],
  ['a bad timeout', { headers: { 'grpc-timeout': 'soon' } }, INTERNAL],
  ['a length of 4 GiB', { body: Buffer.from('00ffffffff', 'hex') }, RESOURCE_EXHAUSTED],
] as const) {
  test(`${what} to a unary method is a status, and the connection lives`, async (t) => {
    const grpc = await openGrpc(t)
    const connection = await connectRaw(t, grpc.port)
    assert.equal((await askRaw(connection, unary, asking)).status, code)
    assert.equal((await askRaw(connection, unary)).status, 0)
    assert.equal(grpc.active(), 0)
    assert.deepEqual(grpc.bugs, [])
  })
}

test('an unknown method is UNIMPLEMENTED, whatever it is called; another content type is 415', async (t) => {
  const connection = await connectRaw(t, (await openGrpc(t)).port)
  for (const path of [
    '/hpdummy.v1.Origin/Nope',
    '/nope',
    '/%00"\u{e9}',
    '/__proto__/constructor',
  ]) {
    const outcome = beginRaw(connection, path)
    outcome.end(emptyMessage)
    const { end } = await within(path, outcomeOf(outcome))
    assert.equal(end['grpc-status'], '12')
  }
  const headers = { 'content-type': 'text/html' }
  assert.equal((await askRaw(connection, unary, { headers })).httpStatus, 415)
})

test('a deadline ends the call, its timers and its streams at once', async (t) => {
  const grpc = await openGrpc(t)
  const connection = await connectRaw(t, grpc.port)
  // manner.delay_ms = 60000.
  const sleeping = framed(Buffer.from('12090900000000004ced40', 'hex'))
  const headers = { 'grpc-timeout': '50m' }
  const started = performance.now()
  const { status } = await askRaw(connection, unary, { headers, body: sleeping })
  assert.equal(status, grpcStatuses.DEADLINE_EXCEEDED)
  assert.ok(performance.now() - started < 10_000)
  assert.equal(grpc.active(), 0)
  assert.deepEqual(grpc.counted(), { [`${unary} 4`]: 1 })
})

test('a message of very many small elements is refused before it is decoded', async (t) => {
  const grpc = await openGrpc(t)
  const connection = await connectRaw(t, grpc.port)
  const path = '/grpc.testing.TestService/StreamingOutputCall'
  // StreamingOutputCallRequest{response_parameters: [{}, {}, ...]}
  const ask = (count: number): ReturnType<typeof askRaw> =>
    askRaw(connection, path, { body: framed(Buffer.alloc(2 * count, Buffer.from('1200', 'hex'))) })
  assert.equal((await ask(1000)).status, 0)
  assert.equal((await ask(100_000)).status, grpcStatuses.RESOURCE_EXHAUSTED)
  assert.equal((await ask(1)).status, 0)
})

test('a deadline ends a stream whose client does not read, and a client that leaves ends it, too', async (t) => {
  const grpc = await openGrpc(t)
  const connection = await connectRaw(t, grpc.port)
  const stuck = beginRaw(connection, endless, { 'grpc-timeout': '200m' })
  stuck.pause()
  // SimpleRequest.response_size = 1 MiB, more than any window.
  stuck.end(framed(Buffer.from('10808040', 'hex')))
  const closed = new Promise((resolve) => stuck.once('close', resolve))
  stuck.on('error', () => {})
  await until('the call is open', grpc.active, { holds: (active) => active === 1 })
  await until('the call is over', grpc.active, { holds: (active) => active === 0 })
  stuck.resume()
  await within('the end of the stream', closed)
  const left = beginRaw(connection, endless)
  left.on('error', () => {})
  left.end(framed(Buffer.from('10808040', 'hex')))
  await until('the second call is open', grpc.active, { holds: (active) => active === 1 })
  connection.session.destroy()
  await allCallsFreed(grpc)
  assert.deepEqual(grpc.counted(), { [`${endless} 4`]: 1, [`${endless} 1`]: 1 })
})

for (const timeout of ['720H', '99999999H', '99999999S']) {
  test(`a timeout of ${timeout} is a long one`, async (t) => {
    const connection = await connectRaw(t, (await openGrpc(t)).port)
    const headers = { 'grpc-timeout': timeout }
    assert.equal((await askRaw(connection, unary, { headers })).status, 0)
  })
}

test('a client that cancels ends the waiting of its call', async (t) => {
  const grpc = await openGrpc(t)
  const client = new GrpcClient(t, grpc.port)
  const stream = client.begin(unary)
  stream.end({ manner: { delayMs: 60_000 } })
  const ended = collect(stream)
  await until('the call is open', grpc.active, { holds: (active) => active === 1 })
  stream.cancel()
  assert.equal((await within('the end', ended)).status.code, grpcStatuses.CANCELLED)
  await until('the call is over', grpc.active, { holds: (active) => active === 0 })
})

for (const [what, bytes] of [
  ['HTTP/1.1', Buffer.from('GET / HTTP/1.1\r\nHost: origin\r\n\r\n')],
  ['zeros', Buffer.alloc(4096)],
  ['a TLS hello', Buffer.from('1603010200010001fc0303', 'hex')],
  [
    'frames that are none',
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense nonsense nonsense'),
  ],
] as const) {
  test(`${what} on the port ends the connection and nothing else`, async (t) => {
    const grpc = await openGrpc(t)
    const socket = connect(grpc.port, '127.0.0.1')
    socket.on('error', () => {})
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.resume().write(bytes)
    // Some of it could be the beginning of something: those end when the client does.
    socket.end()
    await within('the end of the connection', closed)
    assert.equal((await askRaw(await connectRaw(t, grpc.port), unary)).status, 0)
    assert.deepEqual(grpc.bugs, [])
  })
}
