// Scenarios on a running origin: begun, followed by all workers, ended.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { ask, jsonOf } from '../support/ask.ts'
import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { createDirectory } from '../support/programs.ts'
import { adminStatus } from '../support/scrape.ts'
import { until } from '../support/wait.ts'

const put = (origin: TestOrigin, body: string, query = '') =>
  ask(origin.ports.admin, `/scenario${query}`, { method: 'PUT', body })

const statusOf = async (origin: TestOrigin, target: string, listener: 'http' | 'wire' = 'http') =>
  (await ask(origin.ports[listener], target)).status

test('all workers and both listeners follow the steps, and readiness and metrics say so', async (t) => {
  const origin = await startOrigin(t, { workers: 2 })
  const begun = await put(
    origin,
    `
name: brownout
steps:
  - name: failing
    for: 1500ms
    hp: status=503
    ready: false
    match: {path: /bin/*}
  - name: slow
    for: 1h
    hp: status=429
`,
  )
  assert.equal(begun.status, 200)
  assert.deepEqual([jsonOf(begun)['scenario'], jsonOf(begun)['step']], ['brownout', 'failing'])
  for (const listener of ['http', 'wire'] as const) {
    // A connection each: both workers have some.
    for (let times = 0; times < 8; times++) {
      assert.equal(await statusOf(origin, '/bin/9', listener), 503)
    }
    assert.equal(await statusOf(origin, '/delay/1', listener), 200)
  }
  assert.equal(await adminStatus(origin, '/readyz'), 503)
  const metrics = (await ask(origin.ports.admin, '/metrics')).body.toString()
  assert.match(metrics, /^hpdummy_scenario_step\{scenario="brownout",step="failing"\} 1$/m)
  await until('the next step', () => statusOf(origin, '/delay/1'), {
    holds: (seen) => seen === 429,
  })
  assert.equal(await adminStatus(origin, '/readyz'), 200)
  // What a request asks for is stronger.
  assert.equal(await statusOf(origin, '/bin/9?hp-status=418'), 418)
  const ended = await ask(origin.ports.admin, '/scenario', { method: 'DELETE' })
  assert.deepEqual([ended.status, jsonOf(ended)['scenario']], [200, null])
  assert.equal(await statusOf(origin, '/bin/9'), 200)
  assert.equal((await ask(origin.ports.admin, '/scenario', { method: 'DELETE' })).status, 404)
  const told = origin.log.filter(({ msg }) => msg === 'scenario step').map(({ step }) => step)
  assert.deepEqual(told, ['failing', 'slow'])
})

test('the same scenario twice is the same twice: counts and seeded draws begin again', async (t) => {
  const origin = await startOrigin(t, { workers: 1 })
  const storm = {
    name: 'storm',
    seed: 7,
    steps: [{ hp: 'status=503:first2,429:50; header=X-Run:yes' }],
  }
  const isBegun = async (): Promise<boolean> =>
    'x-run' in (await ask(origin.ports.http, '/delay/0')).headers
  const run = async (): Promise<readonly number[]> => {
    await put(origin, JSON.stringify(storm))
    await until('the scenario holds', isBegun)
    const seen: number[] = []
    for (let times = 0; times < 16; times++) seen.push(await statusOf(origin, '/bin/9'))
    await ask(origin.ports.admin, '/scenario', { method: 'DELETE' })
    await until('it is over', async () => !(await isBegun()))
    return seen
  }
  const first = await run()
  assert.deepEqual(first.slice(0, 2), [503, 503])
  assert.deepEqual(new Set(first.slice(2)), new Set([200, 429]))
  assert.deepEqual(await run(), first)
})

test('a scenario goes by itself after its ttl', async (t) => {
  const origin = await startOrigin(t, { workers: 1 })
  const document = JSON.stringify({ name: 'outage', steps: [{ hp: 'status=503' }] })
  assert.equal((await put(origin, document, '?ttl=2s')).status, 200)
  assert.equal(await statusOf(origin, '/bin/9'), 503)
  await until('its end', () => statusOf(origin, '/bin/9'), { holds: (seen) => seen === 200 })
  assert.equal(jsonOf(await ask(origin.ports.admin, '/scenario'))['scenario'], null)
})

test('a scenario has a ttl of its own, which ?ttl= is over; defaults.hp has one in its text', async (t) => {
  const origin = await startOrigin(t, { workers: 1, 'defaults.hp': 'status=418; ttl=1500ms' })
  await until('defaults.hp is over', () => statusOf(origin, '/bin/9'), {
    holds: (seen) => seen === 200,
  })
  const document = JSON.stringify({ name: 'outage', ttl: '1h', steps: [{ hp: 'status=503' }] })
  const left = async (query: string): Promise<number> =>
    Number(jsonOf(await put(origin, document, query))['ttl_left_ms'])
  assert.ok((await left('')) > 3_500_000)
  assert.ok((await left('?ttl=9h')) > 30_000_000)
  assert.equal(await statusOf(origin, '/bin/9'), 503)
  await put(origin, document.replace('1h', '1ms'))
  await until('its end', () => statusOf(origin, '/bin/9'), { holds: (seen) => seen === 200 })
})

test('a worker that is started later, or a change of another setting, begins no ttl of defaults.hp again', async (t) => {
  const file = join(createDirectory(t), 'hpdummy.yaml')
  const write = (buffer: string): void =>
    writeFileSync(file, `workers: 1\nbuffer.size: ${buffer}\ndefaults.hp: status=418; ttl=1s\n`)
  write('256K')
  const origin = await startOrigin(t, { config: file })
  await until('defaults.hp is over', () => statusOf(origin, '/bin/9'), {
    holds: (seen) => seen === 200,
  })
  write('128K')
  process.kill(origin.pid, 'SIGHUP')
  await origin.waitForLog(({ msg }) => msg === 'worker replaced')
  assert.equal(await statusOf(origin, '/bin/9'), 200)
})

test('a worker that is started later follows the scenario, too', async (t) => {
  const file = join(createDirectory(t), 'hpdummy.yaml')
  writeFileSync(file, 'workers: 1\nbuffer.size: 256K\n')
  const origin = await startOrigin(t, { config: file })
  await put(origin, JSON.stringify({ name: 'outage', steps: [{ hp: 'status=503' }] }))
  writeFileSync(file, 'workers: 1\nbuffer.size: 128K\n')
  process.kill(origin.pid, 'SIGHUP')
  await origin.waitForLog(({ msg }) => msg === 'worker replaced')
  assert.equal(await statusOf(origin, '/bin/9'), 503)
})

test('the setting runs one, and a change of the setting another', async (t) => {
  const file = join(createDirectory(t), 'hpdummy.yaml')
  const write = (status: number): void =>
    writeFileSync(file, `scenario: |\n  name: s${status}\n  steps: [{hp: status=${status}}]\n`)
  write(503)
  const origin = await startOrigin(t, { config: file })
  await until('its step', () => statusOf(origin, '/bin/9'), { holds: (seen) => seen === 503 })
  write(429)
  process.kill(origin.pid, 'SIGHUP')
  await until('the other step', () => statusOf(origin, '/bin/9'), { holds: (seen) => seen === 429 })
  writeFileSync(file, 'log.level: info\n')
  process.kill(origin.pid, 'SIGHUP')
  await until('no step', () => statusOf(origin, '/bin/9'), { holds: (seen) => seen === 200 })
})

test('a step for another pod has no effect on answers or readiness', async (t) => {
  const origin = await startOrigin(t, { workers: 1, 'identity.pod': 'web-2' })
  for (const pod of [1, 2]) {
    const steps = [{ hp: 'status=503', ready: false, match: { pod } }]
    const affected = pod === 2
    const begun = jsonOf(await put(origin, JSON.stringify({ name: 'one-bad-pod', steps })))
    assert.deepEqual([begun['affected'], begun['ready']], [affected, !affected])
    assert.equal(await adminStatus(origin, '/readyz'), affected ? 503 : 200)
    await until('the worker follows', () => statusOf(origin, '/bin/9'), {
      holds: (seen) => seen === (affected ? 503 : 200),
    })
  }
})

test('a scenario begins when its start says: later, or in the middle', async (t) => {
  const origin = await startOrigin(t, { workers: 1 })
  const begin = async (start: string): Promise<object> => {
    const steps = [
      { name: 'first', for: '1h', hp: 'status=418' },
      { name: 'second', hp: 'status=503' },
    ]
    return jsonOf(await put(origin, JSON.stringify({ name: 'later', start, steps })))
  }
  const step = async (): Promise<unknown> =>
    jsonOf(await ask(origin.ports.admin, '/scenario'))['step']
  assert.partialDeepStrictEqual(await begin('+1h'), { scenario: 'later', step: null, ready: true })
  assert.equal(await statusOf(origin, '/bin/9'), 200)
  await begin('+1s')
  await until('it begins', () => statusOf(origin, '/bin/9'), { holds: (seen) => seen === 418 })
  assert.equal(await step(), 'first')
  await origin.waitForLog(({ msg, step: told }) => msg === 'scenario step' && told === 'first')
  const passed = new Date(Date.now() - 7_200_000).toISOString()
  assert.partialDeepStrictEqual(await begin(passed), { step: 'second' })
  await until('it is there', () => statusOf(origin, '/bin/9'), { holds: (seen) => seen === 503 })
})

test('faults.enabled=false stops the step that runs: statuses, readiness and metrics', async (t) => {
  const file = join(createDirectory(t), 'hpdummy.yaml')
  const write = (isEnabled: boolean): void => {
    writeFileSync(file, `faults.enabled: ${isEnabled}\n`)
  }
  write(true)
  const origin = await startOrigin(t, { config: file, workers: 1 })
  const document = { name: 'outage', steps: [{ hp: 'status=503', ready: false }] }
  await put(origin, JSON.stringify(document))
  const seen = async (): Promise<string> => {
    const metrics = (await ask(origin.ports.admin, '/metrics')).body.toString()
    const isStep = /^hpdummy_scenario_step\{/m.test(metrics)
    const ready = await adminStatus(origin, '/readyz')
    return `${await statusOf(origin, '/bin/9')} ${ready} ${isStep}`
  }
  for (const isEnabled of [true, false, true]) {
    write(isEnabled)
    process.kill(origin.pid, 'SIGHUP')
    const expected = isEnabled ? '503 503 true' : '200 200 false'
    await until(`it is ${expected}`, seen, { holds: (now) => now === expected })
    const { enabled, ready } = jsonOf(await ask(origin.ports.admin, '/scenario'))
    assert.deepEqual([enabled, ready], [isEnabled, !isEnabled])
  }
})

test('what is no scenario is refused with a sentence, and the one that runs goes on', async (t) => {
  const origin = await startOrigin(t, { workers: 1 })
  await put(origin, JSON.stringify({ name: 'outage', steps: [{ hp: 'status=503' }] }))
  const wrong = await put(origin, 'name: x\nsteps: [{hp: delay=10xs}]')
  assert.equal(wrong.status, 400)
  assert.match(wrong.body.toString(), /^steps\[0\]\.hp:\ndelay=10xs\n {8}\^ use/)
  assert.equal((await put(origin, '{', '')).status, 400)
  assert.equal((await put(origin, 'name: x', '?ttl=soon')).status, 400)
  assert.equal((await put(origin, 'x'.repeat(70_000))).status, 413)
  assert.equal(await statusOf(origin, '/bin/9'), 503)
})

test('with a token, beginning and ending need it, and looking does not', async (t) => {
  const origin = await startOrigin(t, { workers: 1, 'admin.token': 'secret' })
  assert.equal((await put(origin, '{"name":"a","steps":[{}]}')).status, 401)
  assert.equal((await ask(origin.ports.admin, '/scenario')).status, 200)
})
