import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { type Answer, ask, jsonOf } from '../support/ask.ts'
import type { TestOrigin } from '../support/origin.ts'
import { RawConnection, rawRequest } from '../support/raw.ts'
import { scrape } from '../support/scrape.ts'
import { useOrigin } from '../support/shared-origin.ts'
import { until } from '../support/wait.ts'

// Long enough that it is never over by itself.
const endless = '/work/1h'

/** x times 31, 10,000 times over, modulo a million: computed another way than the origin does. */
function intensiveOf(number: number): number {
  let [factor, base] = [1n, 31n]
  for (let power = 10_000; power > 0; power >>= 1) {
    if (power % 2 === 1) factor = (factor * base) % 1_000_000n
    base = (base * base) % 1_000_000n
  }
  return Number((BigInt(number) * factor) % 1_000_000n)
}

interface PoolState {
  readonly depth: number | undefined
  readonly busy: number | undefined
}

async function poolOf(origin: TestOrigin): Promise<PoolState> {
  const seen = await scrape(origin)
  return {
    depth: seen.value('hpdummy_pool_queue_depth'),
    busy: seen.value('hpdummy_pool_threads', { state: 'busy' }),
  }
}

function untilPool(origin: TestOrigin, depth: number, busy: number): Promise<unknown> {
  const holds = (state: PoolState): boolean => state.depth === depth && state.busy === busy
  return until(`${depth} jobs wait and ${busy} run`, () => poolOf(origin), { holds })
}

function codeOf(answer: Answer): readonly unknown[] {
  return [answer.status, jsonOf(answer)['code']]
}

suite('many requests at once', () => {
  const origin = useOrigin({ workers: 2, 'pool.workers': 3 })
  const clients = 500

  for (const kind of ['fast', 'intensive', 'complex'] as const) {
    const expected = kind === 'intensive' ? intensiveOf : (number: number) => number * number
    test(`${clients} requests for /${kind} get the results of their own numbers`, async () => {
      const bases = [origin().url, `http://127.0.0.1:${origin().ports.wire}`]
      const jobs = new Set<unknown>()
      const one = async (_: unknown, index: number): Promise<void> => {
        const number = (index * 7919) % 1_000_001
        const answer = await ask(bases[index % 2] ?? '', `/api/v1/compute/${kind}`, {
          method: 'POST',
          headers: { 'X-Request-ID': `client-${index}` },
          body: JSON.stringify({ number }),
        })
        const json = jsonOf(answer)
        assert.equal(answer.status, 200, answer.body.toString())
        assert.equal(json['request_id'], `client-${index}`)
        assert.equal(json['result'], expected(number), `of ${number}`)
        jobs.add(json['job_id'])
      }
      await Promise.all(Array.from({ length: clients }, one))
      assert.equal(jobs.size, kind === 'fast' ? 1 : clients, 'each job has a number of its own')
    })
  }

  test('a thread does one job at a time', async () => {
    const startedAt = performance.now()
    const answers = await Promise.all(
      Array.from({ length: 9 }, () => ask(origin().url, '/work/60')),
    )
    const ms = performance.now() - startedAt
    const json = answers.map((answer) => jsonOf(answer))
    for (const { work_ms: took } of json) assert.ok(Number(took) >= 60, `${String(took)} ms`)
    assert.ok(ms >= 180, `9 jobs of 60 ms take 3 threads 180 ms, not ${ms}`)
    const threads = new Set(json.map(({ worker }) => worker))
    assert.ok(threads.size <= 3 && [...threads].every(Number.isInteger), [...threads].join(' '))
  })

  test('without the pool, all wait at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ask(origin().url, '/work/50?mode=direct')),
    )
    for (const answer of answers) {
      const { worker, queued_ms: queued, work_ms: ms } = jsonOf(answer)
      assert.deepEqual([worker, queued], [null, 0])
      assert.ok(Number(ms) >= 50)
    }
  })
})

suite('work that takes too long', () => {
  const origin = useOrigin({ 'pool.workers': 1, 'request.timeout': '150ms' })

  for (const mode of ['pool', 'cpu']) {
    test(`mode=${mode}: it is refused and stops, and so does what waits behind it`, async () => {
      const answers = await Promise.all([
        ask(origin().url, `${endless}?mode=${mode}`),
        ask(origin().url, `${endless}?mode=${mode}`),
      ])
      for (const answer of answers) assert.deepEqual(codeOf(answer), [408, 'TIMEOUT'])
      await untilPool(origin(), 0, 0)
      // The thread may have begun to start only.
      await until('the thread is free for others', () => ask(origin().url, '/work/1'), {
        holds: ({ status }) => status === 200,
      })
    })
  }

  test('request.timeout is not for work without the pool', async () => {
    assert.equal((await ask(origin().url, '/work/200?mode=direct')).status, 200)
  })
})

suite('a full queue', () => {
  // The two workers share it.
  const origin = useOrigin({ workers: 2, 'pool.workers': 1, 'pool.queue': 3 })

  test('before the first work there is no thread', async () => {
    const seen = await scrape(origin())
    assert.equal(seen.value('hpdummy_pool_threads', { state: 'started' }), 0)
  })

  test('it refuses further work, health says so, and clients that leave empty it', async () => {
    const bases = [origin().url, `http://127.0.0.1:${origin().ports.wire}`]
    const clients = Array.from({ length: 4 }, (_, index) => askEndlessly(bases[index % 2] ?? ''))
    await untilPool(origin(), 3, 1)
    for (const base of bases) {
      const refused = await ask(base, '/work')
      assert.deepEqual(codeOf(refused), [503, 'SERVICE_OVERLOADED'])
      assert.notEqual(refused.headers.connection, 'close', 'the connection is as good as before')
      const health = await ask(base, '/health?verbose=1')
      assert.equal(health.status, 503)
      assert.deepEqual(jsonOf(health)['checks'], { accepting: 'ok', worker_pool: 'failing' })
      // What needs no thread goes on.
      assert.equal((await ask(base, '/work/1?mode=direct')).status, 200)
    }
    const stats = await until(
      'the stats know of it',
      async () => jsonOf(await ask(origin().url, '/api/v1/stats')),
      { holds: (page) => page['queue_depth'] === 3 && page['rejected_count'] === 2 },
    )
    assert.equal(stats['worker_count'], 1)
    assert.equal((await scrape(origin())).value('hpdummy_pool_refused_total'), 2)
    for (const { socket } of await Promise.all(clients)) socket.resetAndDestroy()
    await untilPool(origin(), 0, 0)
    assert.equal((await ask(origin().url, '/work/1')).status, 200)
    assert.equal((await ask(origin().url, '/health')).status, 200)
  })
})

/** A connection that has asked for endless work. */
async function askEndlessly(base: string): Promise<RawConnection> {
  const connection = await RawConnection.open(base)
  connection.send(rawRequest(`GET ${endless}`))
  return connection
}
