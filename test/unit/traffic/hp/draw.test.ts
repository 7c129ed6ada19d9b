import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type Counts, type Drawn, drawPlan } from '../../../../app/traffic/hp/draw.ts'
import { type Hp, mergeHp, parseHp, scopeHp } from '../../../../app/traffic/hp/grammar.ts'
import { type Random, createRandom } from '../../../../app/traffic/random.ts'

function createCounts(): Counts {
  const counts = new Map<string, number>()
  const next = (key: string): number => {
    const before = counts.get(key) ?? 0
    counts.set(key, before + 1)
    return before
  }
  return { next, nextWithin: (key, leftMs) => ({ count: next(key) + 1, leftMs }) }
}

interface Given {
  readonly random?: Random
  readonly counts?: Counts
  readonly key?: string
}

const draw = (
  hp: Hp,
  { random = createRandom(1), counts = createCounts(), key = 'k' }: Given = {},
): Drawn => drawPlan(hp, { random, counts, keyOf: (by) => `${by} ${key}` })

function drawMany(text: string, times: number, given: Given = {}): readonly Drawn[] {
  const [hp, counts, random] = [parseHp(text), createCounts(), createRandom(7)]
  return Array.from({ length: times }, () => draw(hp, { counts, random, ...given }))
}

const statuses = (drawn: readonly Drawn[]): readonly (number | undefined)[] =>
  drawn.map(({ plan }) => plan.status)

test('percentages of one name share a draw, as in fortio', () => {
  const seen = statuses(drawMany('status=503:10,429:20', 20_000))
  const share = (code: number): number => seen.filter((one) => one === code).length / seen.length
  // 4 standard deviations of 20,000 draws are 0.0085 and 0.0113.
  assert.ok(Math.abs(share(503) - 0.1) < 0.0085, `${share(503)}`)
  assert.ok(Math.abs(share(429) - 0.2) < 0.0113, `${share(429)}`)
})

test('counts: the first, those after, each Nth; the first that holds wins', () => {
  assert.deepEqual(statuses(drawMany('status=503:first2', 4)), [503, 503, undefined, undefined])
  assert.deepEqual(statuses(drawMany('status=503:after2', 4)), [undefined, undefined, 503, 503])
  assert.deepEqual(statuses(drawMany('status=503:every2', 4)), [undefined, 503, undefined, 503])
  assert.deepEqual(statuses(drawMany('status=503:first1,429', 3)), [503, 429, 429])
})

test('each key is counted for itself', () => {
  const [hp, counts] = [parseHp('status=503:first1'), createCounts()]
  const seen = ['a', 'b', 'a'].map((key) => draw(hp, { counts, key }).plan.status)
  assert.deepEqual(seen, [503, 503, undefined])
})

const seeded = (seed: string): string => `status=503:50; delay=uniform(1ms,9s); seed=${seed}`

test('the same seed and key give the same choices again, another seed others', () => {
  const one = drawMany(seeded('a'), 50)
  const other = drawMany(seeded('a'), 50, { random: createRandom(99) })
  assert.deepEqual(
    one.map(({ plan }) => plan),
    other.map(({ plan }) => plan),
  )
  assert.notDeepEqual(
    one.map(({ plan }) => plan),
    drawMany(seeded('b'), 50).map(({ plan }) => plan),
  )
  assert.ok(new Set(one.map(({ plan }) => plan.delayMs)).size > 40)
})

test('a quota refuses what is past it, and every answer says where it stands', () => {
  const plans = drawMany('quota=2/60s', 3).map(({ plan }) => plan)
  assert.deepEqual(
    plans.map(({ status }) => status),
    [undefined, undefined, 429],
  )
  assert.deepEqual(plans[0]?.notes, [
    ['RateLimit-Policy', '"hp";q=2;w=60'],
    ['RateLimit', '"hp";r=1;t=60'],
  ])
  assert.deepEqual(plans[2]?.notes?.[0], ['Retry-After', '60'])
})

test('several faults make one plan, and each part knows its cause', () => {
  const { plan, causes } = draw(
    parseHp('delay=5ms; header=A:b; header=C:d; fault=stall@1:2ms; fault=reset@3'),
  )
  assert.equal(plan.delayMs, 5)
  assert.deepEqual(plan.headers, [
    ['A', 'b'],
    ['C', 'd'],
  ])
  assert.deepEqual(
    plan.marks?.map(({ at, kind }) => [at, kind]),
    [
      [1, 'stall'],
      [3, 'rst'],
    ],
  )
  assert.equal(causes.delayMs, 'delay')
})

test('under another scope counts and draws begin again, and are the same', () => {
  const [hp, counts] = [parseHp('status=503:first2,429:50; seed=a'), createCounts()]
  const run = (scope: string): readonly (number | undefined)[] =>
    Array.from({ length: 24 }, () => draw(scopeHp(hp, scope), { counts }).plan.status)
  const first = run('one')
  assert.deepEqual(first.slice(0, 2), [503, 503])
  assert.deepEqual(run('two'), first)
  assert.notDeepEqual(run('two'), first)
})

test('a scope goes with its seed: a seed that a request brings is counted as ever', () => {
  const step = scopeHp(parseHp('delay=1ms; seed=a'), 'one')
  assert.equal(mergeHp(parseHp('status=503'), step).seedScope, 'one')
  assert.equal(mergeHp(parseHp('seed=b'), step).seedScope, undefined)
})
