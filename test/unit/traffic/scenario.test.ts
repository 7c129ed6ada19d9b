import assert from 'node:assert/strict'
import { test } from 'node:test'

import { printHp } from '../../../app/traffic/hp/grammar.ts'
import { ScenarioProblem } from '../../../app/traffic/scenario-document.ts'
import { isMatch } from '../../../app/traffic/scenario-match.ts'
import { ownStep, readScenario, stepAt, stepOn } from '../../../app/traffic/scenario.ts'

const brownout = {
  name: 'brownout',
  seed: 7,
  match: { path: '/bin/*' },
  steps: [
    { name: 'calm', for: '10s' },
    { name: 'slow', for: '20s', hp: 'delay=200ms' },
    { for: '5s', hp: 'status=503:30', ready: false, match: { method: 'GET' } },
  ],
}

test('the steps follow each other by the clock, and then all is over', () => {
  const scenario = readScenario(brownout)
  const at = (seconds: number) => {
    const found = stepAt(scenario, seconds * 1000)
    return found && [found.step.name, found.leftMs / 1000]
  }
  assert.deepEqual([0, 9.5, 10, 30, 34.999].map(at), [
    ['calm', 10],
    ['calm', 0.5],
    ['slow', 20],
    ['step3', 5],
    ['step3', 0.001],
  ])
  assert.equal(at(35), undefined)
})

test('a scenario that repeats begins again', () => {
  const scenario = readScenario({ ...brownout, repeat: true })
  assert.equal(stepAt(scenario, 35_000)?.step.name, 'calm')
  assert.equal(stepAt(scenario, 3_500_012_000)?.step.name, 'slow')
})

test('each step has counts of its own, and has them anew in each round and run', () => {
  const hp = 'status=503:first1'
  const scenario = readScenario({
    name: 'a',
    repeat: true,
    seed: 7,
    steps: [
      { for: '10s', hp },
      { for: '10s', hp },
    ],
  })
  const scopeAt = (seconds: number, startedAt: number) => {
    const found = stepAt(scenario, seconds * 1000) ?? assert.fail()
    const own = ownStep(found, scenario, startedAt).hp ?? assert.fail()
    assert.equal(printHp(own), `${hp}; seed=7`)
    assert.equal(own.seedScope, own.pairs[0]?.scope)
    return own.seedScope
  }
  const scopes = [scopeAt(0, 5), scopeAt(10, 5), scopeAt(20, 5), scopeAt(0, 6)]
  assert.equal(new Set(scopes).size, scopes.length)
  assert.equal(scopeAt(9, 5), scopes[0])
})

test('the last step may last for ever', () => {
  const scenario = readScenario({ name: 'a', steps: [{ for: '1s' }, { hp: 'delay=1ms' }] })
  assert.deepEqual(stepAt(scenario, 1e12)?.index, 1)
})

test('what all steps share a step may say otherwise', () => {
  const [calm, slow, failing] = readScenario(brownout).steps
  assert.deepEqual(calm?.match, { path: '/bin/*' })
  assert.deepEqual(failing?.match, { path: '/bin/*', method: 'GET' })
  assert.equal(slow?.hp && printHp(slow.hp), 'delay=200ms; seed=7')
  assert.deepEqual([slow?.isReady, failing?.isReady], [true, false])
})

test('a step is for exchanges that all it names holds for', () => {
  const exchange = {
    method: 'GET',
    path: '/bin/9',
    listener: 'wire',
    header: (name: string) => (name === 'x-tenant' ? 'a' : ''),
  }
  const matches = [
    {},
    { path: '/bin/*' },
    { path: '/bin/9' },
    { method: 'GET', listener: 'wire' },
    { header: { name: 'x-tenant' } },
    { header: { name: 'x-tenant', value: 'a' } },
  ]
  for (const match of matches) assert.ok(isMatch(match, exchange), JSON.stringify(match))
  const others = [
    { path: '/bin' },
    { path: '/sse*' },
    { method: 'POST' },
    { listener: 'fast' },
    { header: { name: 'x-other' } },
    { header: { name: 'x-tenant', value: 'b' } },
  ]
  for (const match of others) assert.ok(!isMatch(match, exchange), JSON.stringify(match))
})

const at503 = (match: object, pod: string, seed?: string): boolean => {
  const scenario = readScenario({
    name: 'a',
    seed,
    match,
    steps: [{ hp: 'status=503', ready: false }],
  })
  const { hp, isReady } = stepOn(pod, scenario.steps[0] ?? assert.fail(), scenario)
  assert.equal(isReady, hp === undefined)
  return hp !== undefined
}

test('a step is for one pod by ordinal or name, or for a share of all pods', () => {
  assert.deepEqual(
    ['web-0', 'web-10', 'other-0', 'web'].map((pod) => at503({ pod: 0 }, pod)),
    [true, false, true, false],
  )
  assert.deepEqual(
    [at503({ pod: 'web-1' }, 'web-1'), at503({ pod: 'web-1' }, 'web-11')],
    [true, false],
  )
  assert.deepEqual(
    [at503({ pod: 'web-*' }, 'web-7'), at503({ pod: 'web-*' }, 'other-7')],
    [true, false],
  )
  const pods = Array.from({ length: 2000 }, (_, index) => `web-${index}`)
  const hit = (share: string, seed: string) => pods.filter((pod) => at503({ share }, pod, seed))
  assert.deepEqual([hit('0%', 'a').length, hit('100%', 'a').length], [0, pods.length])
  // 4 standard deviations are 82.
  assert.ok(Math.abs(hit('30%', 'a').length - 600) < 82)
  assert.deepEqual(hit('30%', 'a'), hit('30%', 'a'))
  assert.notDeepEqual(hit('30%', 'b'), hit('30%', 'a'))
  const few = Array.from({ length: 200 }, (_, seed) => {
    return ['web-0', 'web-1', 'web-2'].filter((pod) => at503({ share: '34%' }, pod, `${seed}`))
      .length
  })
  assert.ok(few.filter((count) => count === 1).length > 50, 'pods are not drawn one by one')
})

const startOf = (start?: string) => readScenario({ name: 'a', start, steps: [{}] }).start

test('a scenario starts at once, after a time, or at an instant', () => {
  assert.deepEqual(startOf(), { afterMs: 0 })
  assert.deepEqual(startOf('+30s'), { afterMs: 30_000 })
  assert.deepEqual(startOf('2026-01-31T09:00:00+01:00'), { at: Date.UTC(2026, 0, 31, 8) })
})

test('what is no scenario is refused with a sentence that says where', () => {
  const wrong: readonly (readonly [document: unknown, why: RegExp])[] = [
    ['text', /^the scenario: use a mapping/],
    [{ name: 'a b', steps: [{}] }, /^name: use/],
    [{ name: 'a', steps: [] }, /^steps: use a list/],
    [{ name: 'a', steps: [{}], wat: 1 }, /there is no wat; use name, repeat/],
    [{ name: 'a', repeat: 'yes', steps: [{}] }, /^repeat/],
    [{ name: 'a', steps: [{}, { for: '1s' }] }, /^steps\[0\]\.for: only the last/],
    [{ name: 'a', repeat: true, steps: [{}] }, /^steps\[0\]\.for: only the last/],
    [{ name: 'a', steps: [{ for: 'soon' }] }, /^steps\[0\]\.for: use a time/],
    [{ name: 'a', steps: [{ hp: 'delay=10xs' }] }, /^steps\[0\]\.hp:\ndelay=10xs\n {8}\^ use/],
    [{ name: 'a', ttl: 'soon', steps: [{}] }, /^ttl: use a time/],
    [{ name: 'a', start: '30s', steps: [{}] }, /^start: use a time such as 2026/],
    [{ name: 'a', start: '2026-01-31', steps: [{}] }, /^start: use a time/],
    [{ name: 'a', start: '2026-13-31T09:00:00Z', steps: [{}] }, /^start: use a time/],
    [{ name: 'a', steps: [{ match: { pod: 'a b' } }] }, /^steps\[0\]\.match\.pod: use the ordinal/],
    [{ name: 'a', steps: [{ match: { pod: -1 } }] }, /^steps\[0\]\.match\.pod: use the ordinal/],
    [
      { name: 'a', match: { share: 0.3 }, steps: [{}] },
      /^match\.share: use a share of pods such as 30%/,
    ],
    [{ name: 'a', match: { share: '130%' }, steps: [{}] }, /^match\.share: use a share/],
    [{ name: 'a', steps: [{ hp: 'delay=1ms; ttl=5m' }] }, /^steps\[0\]\.hp: ttl is a key/],
    [{ name: 'a', steps: [{ ready: 1 }] }, /^steps\[0\]\.ready/],
    [{ name: 'a', steps: [{ match: { listener: 'udp' } }] }, /^steps\[0\]\.match\.listener/],
  ]
  for (const [document, why] of wrong) {
    assert.throws(
      () => readScenario(document),
      (error: Error) => error instanceof ScenarioProblem && why.test(error.message),
      JSON.stringify(document),
    )
  }
})
