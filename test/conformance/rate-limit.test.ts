import assert from 'node:assert/strict'
import { request } from 'node:http'
import { suite, test } from 'node:test'

import { type Answer, ask, jsonOf } from '../support/ask.ts'
import type { TestOrigin } from '../support/origin.ts'
import { scrape } from '../support/scrape.ts'
import { useOrigin } from '../support/shared-origin.ts'
import { until } from '../support/wait.ts'
import { GrpcClient } from './grpc-client.ts'
import { askForWs, handshakeHeaders } from './ws-client.ts'

const path = '/api/v1/compute'
const question = { method: 'POST', body: '{"number": 3}' }

function wireOf({ ports }: TestOrigin): string {
  return `http://127.0.0.1:${ports.wire}`
}

/** Asks until it is refused for coming too often. */
function untilLimited(base: string, target: string): Promise<Answer> {
  return until(`${target} is limited`, () => ask(base, target), {
    holds: ({ status }) => status === 429,
  })
}

suite('a limit for /api/v1', () => {
  const origin = useOrigin({ workers: 2, 'rateLimit.rps': 50, 'rateLimit.burst': 100 })

  test('all workers and listeners together accept the rate, to within 1 %', async () => {
    const bases = [origin().url, wireOf(origin())]
    const sentFrom = performance.now()
    let [admitted, limited] = [0, 0]
    // From the first answer to the last refusal no token is lost, unless nobody asks for two seconds.
    let [firstAt, lastAt] = [Number.POSITIVE_INFINITY, 0]
    // When the clients have to wait for a CPU, tokens are lost once the bucket is full, which takes a second.
    let [sentBefore, lostMs] = [sentFrom, 0]
    const client = async (_: unknown, index: number): Promise<void> => {
      while (performance.now() - sentFrom < 3000) {
        const sentAt = performance.now()
        lostMs += Math.max(0, sentAt - sentBefore - 1000)
        sentBefore = sentAt
        const { status } = await ask(bases[index % 2] ?? '', path, question)
        firstAt = Math.min(firstAt, performance.now())
        assert.ok(status === 200 || status === 429, String(status))
        if (status === 200) admitted++
        else {
          limited++
          lastAt = Math.max(lastAt, sentAt)
        }
      }
    }
    await Promise.all(Array.from({ length: 16 }, client))
    const [most, least] = [performance.now() - sentFrom, lastAt - firstAt - lostMs].map(
      (ms) => 100 + (50 * ms) / 1000,
    )
    assert.ok(limited > 0, 'more were sent than may be')
    assert.ok(admitted <= 1.01 * Number(most), `${admitted} of ${most}`)
    assert.ok(admitted >= 0.99 * Number(least), `${admitted} of ${least}`)

    const seen = await scrape(origin())
    assert.equal(seen.value('hpdummy_rate_limited_total'), limited)
    for (const listener of ['fast', 'wire']) {
      assert.ok(Number(seen.value('hpdummy_rate_limited_total', { listener })) > 0, listener)
    }
    const rejected = async (): Promise<unknown> => {
      const answer = await ask(`http://127.0.0.1:${origin().ports.admin}`, '/api/v1/stats')
      return jsonOf(answer)['rejected_count']
    }
    await until('the stats know of all', rejected, { holds: (count) => count === limited })
  })

  for (const [listener, base] of [
    ['fast', () => origin().url],
    ['wire', () => wireOf(origin())],
  ] as const) {
    test(`${listener}: a refusal says how many there may be, and when to come again`, async () => {
      const flood = Array.from({ length: 300 }, () => ask(base(), '/api/v1/stats'))
      const answers = await Promise.all(flood)
      const refused = answers.find(({ status }) => status === 429) ?? assert.fail('all were let in')
      const { 'retry-after': after, 'ratelimit-policy': policy, ratelimit } = refused.headers
      assert.equal(jsonOf(refused)['code'], 'RATE_LIMIT_EXCEEDED')
      assert.deepEqual([after, policy, ratelimit], ['1', '"all";q=50;w=1', '"all";r=0;t=1'])
      assert.equal(refused.headers['x-request-id'], jsonOf(refused)['request_id'])
      assert.notEqual(refused.headers.connection, 'close')
      // Other paths have no limit.
      assert.equal((await ask(base(), '/')).status, 200)
    })
  }
})

suite('a limit for every path', () => {
  const origin = useOrigin({
    'rateLimit.rps': 1,
    'rateLimit.burst': 1,
    'rateLimit.all': true,
  })

  for (const target of ['/', '/bin/1K', '/health', '/no/such/path', '/upload']) {
    test(`${target} is limited on both listeners`, async () => {
      for (const base of [origin().url, wireOf(origin())]) await untilLimited(base, target)
    })
  }

  test('a WebSocket handshake is limited, too', async () => {
    for (const base of [origin().url, wireOf(origin())]) {
      const handshake = async (): Promise<number> => {
        const { connection, answer } = await askForWs(base, '/ws', handshakeHeaders)
        connection.leave()
        return answer.status
      }
      await until('a handshake is limited', handshake, { holds: (status) => status === 429 })
    }
  })

  test('a gRPC call gets RESOURCE_EXHAUSTED', async (t) => {
    const client = new GrpcClient(t, origin().ports.grpc)
    const call = async (): Promise<number> => {
      const { status } = await client.ask('/echo.EchoService/Echo', [{ message: 'hello' }])
      return status.code
    }
    await until('a call is limited', call, { holds: (code) => code === 8 })
  })
})

/** The status for a client of that address. */
function statusFor(base: string, localAddress: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base)
    const outgoing = request({
      hostname,
      port,
      path: '/api/v1/stats',
      localAddress,
      agent: false,
    })
    outgoing.on('error', reject)
    outgoing.on('response', (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode))
    })
    outgoing.end()
  })
}

suite('a limit for each client', () => {
  const origin = useOrigin({
    'rateLimit.rps': 1,
    'rateLimit.burst': 20,
    'rateLimit.perIp': true,
  })

  test('a client that has used its share leaves others theirs, on every listener', async () => {
    const bases = [origin().url, wireOf(origin())]
    for (const address of ['127.0.0.1', '127.0.0.2']) {
      const flood = Array.from({ length: 60 }, (_, at) => statusFor(bases[at % 2] ?? '', address))
      const statuses = await Promise.all(flood)
      const admitted = statuses.filter((status) => status === 200).length
      assert.ok(admitted >= 20, `${address}: ${admitted} were let in`)
      assert.ok(statuses.includes(429), `${address}: all were let in`)
    }
    const refused = await untilLimited(origin().url, '/api/v1/stats')
    assert.equal(refused.headers['ratelimit-policy'], '"client";q=1;w=1')
  })
})

suite('without a limit', () => {
  const origin = useOrigin({ 'rateLimit.rps': 0, 'rateLimit.burst': 1, 'rateLimit.all': true })

  test('every request is accepted', async () => {
    const answers = Array.from({ length: 50 }, () => ask(origin().url, path, question))
    for (const { status } of await Promise.all(answers)) assert.equal(status, 200)
  })
})
