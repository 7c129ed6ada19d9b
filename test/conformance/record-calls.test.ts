// Each way a call can end, and the ends that the origin brings about: every observer hears of it exactly once.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type ClientHttp2Stream, constants } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, suite, test } from 'node:test'

import { ask } from '../support/ask.ts'
import {
  type RawConnection as GrpcConnection,
  askRaw,
  beginRaw,
  connectRaw,
  framed,
} from '../support/grpc-raw.ts'
import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { RawConnection, rawRequest } from '../support/raw.ts'
import { scrape } from '../support/scrape.ts'
import { readActivity, useOrigin } from '../support/shared-origin.ts'
import { until } from '../support/wait.ts'
import { GrpcClient } from './grpc-client.ts'
import { Told, countedBy, loggedBy } from './told.ts'

const origin = useOrigin({ 'log.requests': true, 'faults.enabled': true })
const told = new Told(origin)

const echo = '/echo.EchoService/Echo'
const health = '/grpc.health.v1.Health/Check'
const unary = '/hpdummy.v1.Origin/Unary'
const bidiStream = '/hpdummy.v1.Origin/BidiStream'

suite('on the gRPC listener each end is told once', () => {
  const calls: readonly (readonly [
    what: string,
    act: (client: GrpcClient) => Promise<unknown>,
    told: readonly string[],
  ])[] = [
    ['answered', (client) => client.ask(echo, {}), [`grpc POST ${echo} 0`]],
    ['trailers only', (client) => client.ask(echo, []), [`grpc POST ${echo} 12`]],
  ]
  for (const [what, act, expected] of calls) {
    test(what, async (t) => {
      const client = new GrpcClient(t, origin().ports.grpc)
      await act(client)
      client.close()
      assert.deepEqual(await told.since(), expected)
    })
  }

  test('refused by the library: a method that there is not', async (t) => {
    const connection = await connectRaw(t, origin().ports.grpc)
    assert.equal((await askRaw(connection, '/no.Such/Method')).status, 12)
    connection.session.destroy()
    assert.deepEqual(await told.since(), ['grpc POST /_OTHER 12'])
    const counted = (await scrape(origin())).value('rpc_server_call_duration_seconds_count', {
      rpc_method: '_OTHER',
      rpc_response_status_code: 'UNIMPLEMENTED',
    })
    assert.equal(counted, 1)
  })

  test('refused by the library: what is not gRPC', async (t) => {
    const connection = await connectRaw(t, origin().ports.grpc)
    const headers = { 'content-type': 'application/json' }
    assert.equal((await askRaw(connection, echo, { headers })).httpStatus, 415)
    connection.session.destroy()
    assert.deepEqual(await told.since(), [`grpc POST ${echo} 2`])
  })

  test('answered by a library', async (t) => {
    const connection = await connectRaw(t, origin().ports.grpc)
    await askRaw(connection, health)
    connection.session.destroy()
    assert.deepEqual(await told.since(), [`grpc POST ${health} 0`])
  })

  test('timed out by its deadline', async (t) => {
    const connection = await connectRaw(t, origin().ports.grpc)
    const headers = { 'grpc-timeout': '50m', 'x-hp-delay': '60s' }
    assert.equal((await askRaw(connection, echo, { headers })).status, 4)
    connection.session.destroy()
    assert.deepEqual(await told.since(), [`grpc POST ${echo} 4`])
  })

  test('cancelled by the client', async (t) => {
    const connection = await connectRaw(t, origin().ports.grpc)
    const [stream] = await beginSleeping(connection, 1)
    stream?.close(constants.NGHTTP2_CANCEL)
    await untilActive(0)
    connection.session.destroy()
    assert.deepEqual(await told.since(), [`grpc POST ${unary} 1 aborted`])
  })

  test('two calls of one connection that breaks', async (t) => {
    const connection = await connectRaw(t, origin().ports.grpc)
    await beginSleeping(connection, 2)
    connection.session.destroy()
    const line = `grpc POST ${unary} 1 aborted`
    assert.deepEqual(await told.since(), [line, line])
  })
})

// manner.delay_ms = 60000. A call that waits for its client would end well when the client resets it: Node ends a
// stream before it resets it.
const sleeping = framed(Buffer.from('12090900000000004ced40', 'hex'))

async function beginSleeping(
  connection: GrpcConnection,
  count: number,
): Promise<readonly ClientHttp2Stream[]> {
  const streams = Array.from({ length: count }, () => beginRaw(connection, unary))
  for (const stream of streams) stream.on('error', () => {}).end(sleeping)
  await untilActive(count)
  return streams
}

async function untilActive(count: number): Promise<void> {
  await until(`${count} calls at work`, () => readActivity(origin()), {
    holds: ({ requests }) => requests === count,
  })
}

/** Starts requests on both HTTP listeners and a call that are all under way. */
async function occupy(t: TestContext, { ports }: TestOrigin, path: string): Promise<void> {
  // First: its library is loaded for it, and the others' time would run meanwhile.
  beginRaw(await connectRaw(t, ports.grpc), bidiStream).on('error', () => {})
  for (const port of [ports.http, ports.wire]) {
    const connection = await RawConnection.open(`http://127.0.0.1:${port}`)
    connection.send(rawRequest(`GET ${path}`))
  }
}

async function untilOccupied(one: TestOrigin): Promise<void> {
  await until('three exchanges at work', () => readActivity(one), {
    holds: ({ requests }) => requests === 3,
  })
}

suite('an end that the origin brings about is told once', { concurrency: 2 }, () => {
  test('drained: what ends in time, and what the deadline cuts', async (t) => {
    const one = await startOrigin(t, { 'log.requests': true, 'drain.deadline': '1s' })
    await occupy(t, one, '/delay/60000')
    await untilOccupied(one)
    const quick = await RawConnection.open(one.url)
    quick.send(rawRequest('GET /delay/300'))
    await until('a fourth exchange at work', () => readActivity(one), {
      holds: ({ requests }) => requests === 4,
    })
    one.signal('SIGTERM')
    assert.equal(await one.exited, 0)
    assert.deepEqual(loggedBy(one).toSorted(), [
      'fast GET /delay/{ms}/{readDelayMs?} 200',
      'fast GET /delay/{ms}/{readDelayMs?} 499 aborted',
      `grpc POST ${bidiStream} 1 aborted`,
      'wire GET /delay/{ms}/{readDelayMs?} 499 aborted',
    ])
    const last = one.log.find(({ msg }) => msg === 'final statistics') ?? {}
    assert.equal(last['total_requests'], 4)
  })

  test('a worker is replaced: its exchanges go on, and none is told again', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'hpdummy-record-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const write = (size: string): void =>
      writeFileSync(join(directory, 'app.json'), JSON.stringify({ 'buffer.size': size }))
    write('128K')
    const one = await startOrigin(t, {
      'log.requests': true,
      config: directory,
      'drain.deadline': '3s',
    })
    await occupy(t, one, '/delay/2000')
    await untilOccupied(one)
    write('64K')
    await one.waitForLog(({ msg }) => msg === 'settings applied')
    await ask(one.url, '/status/299')
    await until('four lines', () => loggedBy(one), {
      holds: (lines) => lines.length === 4,
      ms: 20_000,
    })
    assert.deepEqual(loggedBy(one).toSorted(), [
      'fast GET /delay/{ms}/{readDelayMs?} 200',
      'fast GET /status/{code} 299',
      `grpc POST ${bidiStream} 1 aborted`,
      'wire GET /delay/{ms}/{readDelayMs?} 200',
    ])
    assert.deepEqual(await countedBy(one), [4, 4, 4])
  })
})
