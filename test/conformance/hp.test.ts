// The hp grammar on both HTTP listeners: where it comes from, what wins, what is refused.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { ask, jsonOf } from '../support/ask.ts'
import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { RawConnection, headerOf, rawRequest } from '../support/raw.ts'
import { useOrigin } from '../support/shared-origin.ts'

const origin = useOrigin({ workers: 2 })
const names = { http: 'fast', wire: 'wire' } as const

let lastId = 0
const newId = (): string => `hp-test-${process.pid}-${lastId++}`

/** The sample of /metrics that has all of these in its line; 0 without one. */
async function sampleOf(...parts: readonly string[]): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${origin().ports.admin}/metrics`)).text()
  const line = text.split('\n').find((one) => parts.every((part) => one.includes(part)))
  return Number(line?.split(' ')[1] ?? 0)
}

/** How often a fault was asked for and happened, or did not. */
function countOf(listener: string, fault: string, isDone: boolean): Promise<number> {
  return sampleOf(`hpdummy_faults_total{fault="${fault}",listener="${listener}",done="${isDone}"} `)
}

for (const listener of ['http', 'wire'] as const) {
  const base = (): string => `http://127.0.0.1:${origin().ports[listener]}`
  const statusOf = async (target: string, headers = {}): Promise<number> =>
    (await ask(base(), target, { headers })).status

  suite(`hp on ${listener}`, () => {
    test('the query wins over the header, name by name', async () => {
      const headers = { 'x-hp': 'status=503; size=7' }
      const both = await ask(base(), '/bin/9?hp-status=429', { headers })
      assert.deepEqual([both.status, both.body.length], [429, 7])
      assert.equal((await ask(base(), '/bin/9', { headers })).status, 503)
    })

    test('several lines of X-HP are one text, and words may be written as in a query', async () => {
      const connection = await RawConnection.open(base())
      const lines = ['X-HP: status=418', 'X-Other: 1', 'x-hp: hp-size=7; hp-seed=a; hp-by=route']
      connection.send(rawRequest('GET /bin/9', { headers: lines }))
      const answer = await connection.answer()
      assert.deepEqual([answer.status, answer.body.length], [418, 7])
      assert.equal(headerOf(answer, 'x-hp-seed'), 'a')
      connection.send(rawRequest('GET /bin/9', { headers: ['X-HP: status=418', 'X-HP: oops=1'] }))
      const wrong = await connection.answer()
      connection.leave()
      assert.equal(wrong.status, 400)
      assert.match(wrong.body.toString(), /status=418; oops=1/)
    })

    test('a text that cannot be read is 400 with a caret under the mistake', async () => {
      const answer = await ask(base(), '/bin/9', { headers: { 'x-hp': 'delay=10ms; oops=1' } })
      const { code, error } = jsonOf(answer)
      assert.deepEqual([answer.status, code], [400, 'INVALID_REQUEST'])
      const [, text, caret] = String(error).split('\n')
      assert.equal(text, 'delay=10ms; oops=1')
      assert.match(String(caret), /^ {12}\^ use one of the names delay/)
    })

    test('answers that a fault was done to are apart from others in the metrics', async () => {
      const labels = `"418",listener="${names[listener]}",injected="true"`
      const before = await sampleOf('duration_seconds_count{', labels)
      assert.equal(await statusOf('/bin/9?hp-status=418'), 418)
      assert.equal(await statusOf('/status/418'), 418)
      assert.equal((await sampleOf('duration_seconds_count{', labels)) - before, 1)
    })

    test('names of the query that are no names of the grammar are refused, others pass', async () => {
      assert.equal(await statusOf('/bin/9?hp-banana=1'), 400)
      assert.equal(await statusOf('/bin/9?hp-fault=explode'), 400)
      assert.equal(await statusOf('/any/path?shp-delay=1h'), 200)
    })

    test('a request has no ttl, and is told why', async () => {
      const answer = await ask(base(), '/bin/9?hp-delay=1ms&hp-ttl=5m')
      assert.equal(answer.status, 400)
      assert.match(String(jsonOf(answer)['error']), /^ttl is for what is set at run time/)
    })

    test('what is past a limit is refused', async (t) => {
      const limited = await startOrigin(t, { 'limits.delay': '1s', 'limits.payload': '1K' })
      const at = `http://127.0.0.1:${limited.ports[listener]}`
      for (const asked of ['delay=2s', 'fault=stall@5:1h', 'size=2K', 'drip=5/2s']) {
        const answer = await ask(at, `/bin/9?hp-${asked}`)
        assert.equal(answer.status, 400, asked)
        assert.match(
          String(jsonOf(answer)['error']),
          /is past limits\.(?:delay \(1s\)|payload \(1K\))/,
        )
      }
    })
  })

  suite(`hp by seeds on ${listener}`, () => {
    test('the same seed and ids give the same statuses in another process', async (t) => {
      const other = await startOrigin(t, { workers: 1 })
      const [seed, ids] = [newId(), Array.from({ length: 24 }, () => newId())]
      const target = `/bin/9?hp-status=503:50&hp-seed=${seed}`
      const run = async ({ ports }: Pick<TestOrigin, 'ports'>): Promise<readonly number[]> => {
        const seen: number[] = []
        for (const id of ids) {
          const answer = await ask(ports[listener], target, { headers: { 'x-hp-id': id } })
          if (answer.status === 503) assert.equal(answer.headers['x-hp-seed'], seed)
          seen.push(answer.status)
        }
        return seen
      }
      const first = await run(origin())
      assert.ok(first.includes(200) && first.includes(503))
      assert.deepEqual(await run(other), first)
    })

    test('a seed is told whenever it was asked for, also when nothing happened', async () => {
      for (const asked of [
        'hp-seed=a.1',
        'hp-seed=a.1&hp-status=503:0',
        'hp-seed=a.1&hp-delay=1ms',
      ]) {
        assert.equal((await ask(base(), `/bin/9?${asked}`)).headers['x-hp-seed'], 'a.1', asked)
      }
      const unasked = await ask(base(), '/bin/9?hp-status=503:50')
      assert.equal(unasked.headers['x-hp-seed'], undefined)
    })

    test('where there is evidence, the seed that was drawn from is told, and repeats the answer', async () => {
      const hp = 'status=503:40,429:30'
      const seen = new Set<number>()
      for (let times = 0; times < 16; times++) {
        const id = newId()
        const first = await ask(base(), '/bin/9', { headers: { 'x-hp-id': id, 'x-hp': hp } })
        const seed = String(first.headers['x-hp-seed'])
        assert.match(seed, /^[\da-f]{1,8}$/)
        const again = { 'x-hp-id': id, 'x-hp': `${hp}; seed=${seed}` }
        assert.equal(await statusOf('/bin/9', again), first.status)
        seen.add(first.status)
      }
      assert.ok(seen.size > 1, 'sixteen draws were the same')
      const undrawn = { headers: { 'x-hp-id': newId(), 'x-hp': 'delay=1ms; status=503:first1' } }
      assert.equal((await ask(base(), '/bin/9', undrawn)).headers['x-hp-seed'], undefined)
    })
  })

  suite(`hp by counts and draws on ${listener}`, () => {
    test('counts hold over all workers: the first two of an id fail, whatever connection they take', async () => {
      const headers = { 'x-hp-id': newId(), 'x-hp': 'status=503:first2', connection: 'close' }
      const seen: number[] = []
      for (let at = 0; at < 6; at++) seen.push(await statusOf('/bin/9', headers))
      assert.deepEqual(seen, [503, 503, 200, 200, 200, 200])
    })

    test('without an id the route is counted, for each text by itself', async () => {
      const hp = `status=503:every3,429:first0; seed=${newId()}`
      const seen: number[] = []
      for (let at = 0; at < 6; at++) seen.push(await statusOf('/bin/9', { 'x-hp': hp }))
      assert.deepEqual(seen, [200, 200, 503, 200, 200, 503])
    })

    test('a target whose answer was spared once is not spared for ever', async () => {
      const target = `/bin/9?hp-status=503:every2&hp-by=route&hp-seed=${newId()}`
      const seen: number[] = []
      for (let at = 0; at < 6; at++) seen.push(await statusOf(target))
      assert.deepEqual(seen, [200, 503, 200, 503, 200, 503])
    })

    test('max-active bounds how many exchanges suffer at once, over all workers', async () => {
      const headers = { 'x-hp': `delay=400ms; status=503; max-active=2; seed=${newId()}` }
      const run = (): Promise<readonly number[]> =>
        Promise.all(Array.from({ length: 8 }, () => statusOf('/bin/9', headers)))
      for (let times = 0; times < 2; times++) {
        const seen = await run()
        assert.deepEqual(
          seen.toSorted((one, other) => one - other),
          [200, 200, 200, 200, 200, 200, 503, 503],
        )
      }
    })

    test('a quota refuses with Retry-After and RateLimit', async () => {
      const headers = { 'x-hp-id': newId() }
      const answers = []
      for (let at = 0; at < 3; at++) {
        answers.push(await ask(base(), '/bin/9?hp-quota=2/60s:429', { headers }))
      }
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 429],
      )
      const last = answers[2]?.headers ?? {}
      assert.ok(Number(last['retry-after']) > 50 && Number(last['retry-after']) <= 60)
      assert.equal(last['ratelimit-policy'], '"hp";q=2;w=60')
      assert.match(String(last['ratelimit']), /^"hp";r=0;t=\d+$/)
    })

    test('what was asked for and what was done are counted apart', async () => {
      const before = [
        await countOf(names[listener], 'truncate', true),
        await countOf(names[listener], 'truncate', false),
      ]
      await assert.rejects(async () => {
        await (await fetch(`${base()}/bin/100?hp-fault=truncate@9`)).arrayBuffer()
      })
      assert.equal(await statusOf('/bin/100?hp-fault=truncate@900'), 200)
      assert.equal(await statusOf('/bin/100?hp-fault=truncate@9:0'), 200)
      assert.deepEqual(
        [
          await countOf(names[listener], 'truncate', true),
          await countOf(names[listener], 'truncate', false),
        ],
        [(before[0] ?? 0) + 1, (before[1] ?? 0) + 2],
      )
    })

    test('answers to requests with an id tell what was done', async () => {
      const headers = { 'x-hp-id': newId(), 'x-hp': 'header=X-Foo:Bar; delay=1ms' }
      const told = await ask(base(), '/bin/9', { headers })
      assert.equal(told.headers['x-foo'], 'Bar')
      assert.equal(told.headers['x-hp-injected'], 'header=X-Foo:"Bar"; delay=1ms')
      const untold = await ask(base(), '/bin/9?hp-delay=1ms')
      assert.equal(untold.headers['x-hp-injected'], undefined)
    })

    test('faults.enabled=false switches everything off', async (t) => {
      const { ports } = await startOrigin(t, {
        'faults.enabled': false,
        'defaults.hp': 'status=503',
      })
      const answer = await ask(`http://127.0.0.1:${ports[listener]}`, '/bin/9?hp-size=1')
      assert.deepEqual([answer.status, answer.body.length], [200, 9])
    })

    test('defaults.hp holds for every exchange, and requests may ask for something else', async (t) => {
      const { ports } = await startOrigin(t, {
        'defaults.hp': 'status=503; fault=grpc-status=14',
        'evidence.headers': true,
      })
      const at = `http://127.0.0.1:${ports[listener]}`
      for (let times = 0; times < 2; times++) {
        const answer = await ask(at, '/bin/9')
        assert.deepEqual([answer.status, answer.headers['x-hp-injected']], [503, 'status=503'])
      }
      assert.equal((await ask(at, '/bin/9?hp-status=429')).status, 429)
      assert.equal((await ask(at, '/bin/9', { headers: { 'x-hp': 'status=500:0' } })).status, 200)
    })
  })
}

test('what the fast listener cannot do it refuses with 501 and where to ask', async () => {
  const faults = [
    'reset@headers',
    'cl=+1',
    'half-close',
    'slow-close=1s',
    'garbage-after=1',
    'chunk=badsize',
    '1xx=102',
    'status-line=garbage',
  ]
  for (const fault of faults) {
    const answer = await ask(`http://127.0.0.1:${origin().ports.http}`, `/bin/9?hp-fault=${fault}`)
    const { code, error } = jsonOf(answer)
    assert.deepEqual([answer.status, code], [501, 'UNSUPPORTED_ON_LISTENER'], fault)
    assert.ok(
      String(error).endsWith(`use the wire listener (wire.port, ${origin().ports.wire})`),
      String(error),
    )
  }
})
