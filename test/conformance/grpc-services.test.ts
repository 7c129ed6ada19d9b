import assert from 'node:assert/strict'
import { test } from 'node:test'

import { grpcStatuses } from '../../app/errors.ts'
import { alphabetBytes } from '../support/payloads.ts'
import { GrpcClient, type Message, collect } from './grpc-client.ts'
import { allCallsFreed, openGrpc } from './grpc-listener.ts'

const echo = '/echo.EchoService/Echo'
const streamEcho = '/echo.EchoService/StreamEcho'
const unary = '/hpdummy.v1.Origin/Unary'
const serverStream = '/hpdummy.v1.Origin/ServerStream'
const clientStream = '/hpdummy.v1.Origin/ClientStream'
const bidiStream = '/hpdummy.v1.Origin/BidiStream'

function callOf(message: Message | undefined): Message {
  return message?.['call'] as Message
}

function payloadsOf(messages: readonly Message[]): Buffer {
  return Buffer.concat(messages.map(({ payload }) => payload as Buffer))
}

test('Echo gives back message, times, host, metadata and method', async (t) => {
  const { port } = await openGrpc(t)
  const client = new GrpcClient(t, port)
  const before = BigInt(Date.now()) * 1_000_000n
  const request = { message: 'hä?', timestamp: '9007199254740993', responseCode: 0 }
  const { messages, status } = await client.ask(echo, request, { metadata: { 'x-a': 'b,c' } })
  assert.equal(status.code, grpcStatuses.OK)
  const [answer = {}] = messages
  assert.equal(answer['message'], 'hä?')
  assert.equal(answer['requestTimestamp'], '9007199254740993')
  assert.ok(BigInt(String(answer['responseTimestamp'])) >= before - 1_000_000n)
  assert.equal(answer['serverHostname'], 'origin')
  assert.equal(answer['method'], echo)
  const metadata = answer['metadata'] as Readonly<Record<string, string>>
  assert.equal(metadata['x-a'], 'b,c')
  assert.equal(metadata[':authority'], `127.0.0.1:${port}`)
})

for (const [code, name] of [
  [grpcStatuses.CANCELLED, 'Canceled'],
  [grpcStatuses.NOT_FOUND, 'NotFound'],
  [grpcStatuses.DEADLINE_EXCEEDED, 'DeadlineExceeded'],
  [99, 'Code(99)'],
] as const) {
  test(`Echo with response_code ${code} is that status and says ${name}`, async (t) => {
    const client = new GrpcClient(t, (await openGrpc(t)).port)
    const { status } = await client.ask(echo, { responseCode: code })
    assert.deepEqual([status.code, status.details], [code, `requested error: ${name}`])
  })
}

test('StreamEcho answers in order and ends at the first response_code', async (t) => {
  const client = new GrpcClient(t, (await openGrpc(t)).port)
  const requests = [
    { message: 'a' },
    { message: 'b' },
    { message: 'c', responseCode: 5 },
    { message: 'd' },
  ]
  const { messages, status } = await client.ask(streamEcho, requests)
  assert.deepEqual(
    messages.map(({ message }) => message),
    ['a', 'b'],
  )
  assert.equal(status.code, grpcStatuses.NOT_FOUND)
})

test('Unary gives the bytes of /bin, and facts about the call', async (t) => {
  const client = new GrpcClient(t, (await openGrpc(t)).port)
  const request = { response: { size: 300_000 }, payload: Buffer.alloc(1000) }
  const { messages, status } = await client.ask(unary, request, {
    metadata: { 'x-request-id': 'order-66', 'grpc-previous-rpc-attempts': '2' },
    options: { deadline: Date.now() + 30_000 },
  })
  assert.equal(status.code, grpcStatuses.OK)
  assert.ok(payloadsOf(messages).equals(alphabetBytes(0, 300_000)))
  const call = callOf(messages[0])
  assert.equal(call['requestId'], 'order-66')
  assert.equal(call['previousAttempts'], 2)
  assert.equal(call['messagesReceived'], '1')
  assert.ok(Number(call['bytesReceived']) > 1000)
  assert.match(String(call['peer']), /^127\.0\.0\.1:\d+$/)
  const left = Number(call['deadlineLeftMs'])
  assert.ok(left > 20_000 && left <= 30_000, `${left} ms left`)
})

test('the answer is as requested: delay, initial metadata, trailers, status', async (t) => {
  const client = new GrpcClient(t, (await openGrpc(t)).port)
  const started = performance.now()
  const { head, status, messages } = await client.ask(unary, {
    manner: {
      delayMs: 60,
      status: { code: 9, message: 'grün % \n' },
      headers: { 'x-early': 'yes' },
      trailers: { 'x-late': 'too', 'x-raw-bin': 'AAEC' },
    },
  })
  assert.ok(performance.now() - started >= 60)
  assert.deepEqual(messages, [])
  assert.deepEqual([status.code, status.details], [9, 'grün % \n'])
  assert.deepEqual(head?.get('x-early'), ['yes'])
  assert.deepEqual(status.metadata.get('x-late'), ['too'])
  assert.deepEqual(status.metadata.get('x-raw-bin'), [Buffer.from([0, 1, 2])])
})

test('ServerStream sends count messages, an interval apart, whose payloads are one', async (t) => {
  const client = new GrpcClient(t, (await openGrpc(t)).port)
  const request = { count: 4, intervalMs: 30, response: { size: 50 } }
  const { messages } = await client.ask(serverStream, request)
  assert.deepEqual(
    messages.map(({ seq }) => seq),
    ['1', '2', '3', '4'],
  )
  const times = messages.map(({ sentAtNs }) => Number(BigInt(String(sentAtNs)) / 1000n) / 1000)
  assert.ok((times[3] ?? 0) - (times[0] ?? 0) >= 85, `sent at ${times.join(' ')}`)
  assert.ok(payloadsOf(messages).equals(alphabetBytes(0, 200)))
})

test('a seed changes the bytes, in the same way every time', async (t) => {
  const client = new GrpcClient(t, (await openGrpc(t)).port)
  const request = { count: 3, response: { size: 100_001, seed: 7 } }
  const [first, second, whole] = await Promise.all([
    client.ask(serverStream, request),
    client.ask(serverStream, request),
    client.ask(unary, { response: { size: 300_003, seed: 7 } }),
  ])
  assert.ok(payloadsOf(first.messages).equals(payloadsOf(second.messages)))
  assert.ok(payloadsOf(first.messages).equals(payloadsOf(whole.messages)))
  assert.ok(!payloadsOf(whole.messages).equals(alphabetBytes(0, 300_003)))
})

test('ClientStream counts, and answers as the first message says', async (t) => {
  const client = new GrpcClient(t, (await openGrpc(t)).port)
  const payload = Buffer.alloc(10_000)
  const requests = [{ response: { size: 5 }, payload }, { response: { size: 9 }, payload }, {}]
  const { messages } = await client.ask(clientStream, requests)
  assert.equal(payloadsOf(messages).toString(), 'ABCDE')
  assert.equal(callOf(messages[0])['messagesReceived'], '3')
  assert.ok(Number(callOf(messages[0])['bytesReceived']) > 20_000)
})

test('BidiStream answers each message as it asks; a status ends the call after its answers', async (t) => {
  const client = new GrpcClient(t, (await openGrpc(t)).port)
  const { messages, status } = await client.ask(bidiStream, [
    { response: { size: 3 } },
    { count: 0 },
    { count: 2, response: { size: 4 }, manner: { status: { code: 8, message: 'enough' } } },
    { response: { size: 100 } },
  ])
  assert.deepEqual(
    messages.map(({ seq, payload }) => [seq, (payload as Buffer).toString()]),
    [
      ['1', 'ABC'],
      ['2', 'DEFG'],
      ['3', 'HIJK'],
    ],
  )
  assert.deepEqual([status.code, status.details], [8, 'enough'])
})

test('calls are counted by method and status, with their bytes, and leave nothing behind', async (t) => {
  const grpc = await openGrpc(t)
  const client = new GrpcClient(t, grpc.port)
  await client.ask(echo, { message: 'x' })
  await client.ask(echo, { responseCode: 14 })
  await client.ask('/grpc.testing.TestService/UnimplementedCall', {})
  const open = client.begin(bidiStream)
  open.write({ response: { size: 10 } })
  await new Promise((resolve) => open.once('data', resolve))
  assert.equal(grpc.active(), 1)
  const ended = collect(open)
  open.cancel()
  await ended
  client.close()
  await allCallsFreed(grpc)
  assert.deepEqual(grpc.counted(), {
    [`${echo} 0`]: 1,
    [`${echo} 14`]: 1,
    '/grpc.testing.TestService/UnimplementedCall 12': 1,
    [`${bidiStream} 1`]: 1,
  })
  assert.deepEqual(grpc.bugs, [])
})
