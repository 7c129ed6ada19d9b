// Real cgroups, made by the test. What the files mean is tested by tables in test/unit/runtime.
import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { suite, test } from 'node:test'

import { workersFor } from '../../app/runtime/machine/quota.ts'
import { explainIn, startOriginIn } from '../support/grouped-origin.ts'
import { Group, missing } from '../support/groups.ts'
import type { TestOrigin } from '../support/origin.ts'
import { scrape } from '../support/scrape.ts'
import { startLoad } from '../support/steady-load.ts'
import { until } from '../support/wait.ts'

const oneCpuUs = 100_000

// The quota is looked at every two seconds; a worker takes half of one to start here.
const followedMs = 5000

const cores = availableParallelism()

async function workersIs(origin: TestOrigin, count: number): Promise<void> {
  const what = `hpdummy_workers is ${count}`
  const isIt = async (): Promise<boolean> =>
    (await scrape(origin)).value('hpdummy_workers') === count
  await until(what, isIt, { ms: followedMs })
}

suite('workers follow a real CPU quota', { skip: missing('cpu'), concurrency: 2 }, () => {
  for (const quotaUs of [0.5 * oneCpuUs, 1.5 * oneCpuUs, 2 * oneCpuUs]) {
    const cpus = Math.min(quotaUs / oneCpuUs, cores)
    test(`a quota of ${quotaUs} us: ${workersFor(cpus)} workers`, async (t) => {
      const group = Group.create(t, 'cpu')
      group.quotaUs = quotaUs
      const text = await explainIn([group])
      assert.match(text, new RegExp(`^cpu {5}${cpus} cores, by `, 'm'))
      assert.match(text, new RegExp(`^workers ${workersFor(cpus)}:`, 'm'))
      if (cpus < cores)
        assert.ok(text.includes(`* cpu    ${cpus} cores`) && text.includes(group.directory))
      const origin = await startOriginIn(t, [group])
      assert.equal(origin.ready['workers'], workersFor(cpus))
      const { cpus: seen } = origin.ready['quota'] as { readonly cpus: number }
      assert.equal(seen, cpus)
      const numbers = await scrape(origin)
      assert.equal(numbers.value('hpdummy_workers'), workersFor(cpus))
      assert.equal(numbers.value('hpdummy_cpu_quota_cores'), cpus)
    })
  }

  test('a limit on the parent alone is seen', async (t) => {
    const pod = Group.create(t, 'cpu')
    const container = pod.createChild()
    pod.quotaUs = oneCpuUs
    const text = await explainIn([container])
    assert.match(text, /^cpu {5}1 cores, by /m)
    assert.ok(text.includes(`no limit     ${container.directory}/`))
    assert.match(text, new RegExp(`\\* cpu {4}1 cores +${pod.directory}/cpu`))
    const origin = await startOriginIn(t, [container])
    assert.equal(origin.ready['workers'], 1)
  })

  test('a declared quota is used, whatever the cgroup says', async (t) => {
    const group = Group.create(t, 'cpu')
    group.quotaUs = oneCpuUs
    const origin = await startOriginIn(t, [group], { 'quota.cpus': '3500m', 'quota.memory': '2G' })
    assert.equal(origin.ready['workers'], 3)
    const numbers = await scrape(origin)
    assert.equal(numbers.value('hpdummy_cpu_quota_cores'), 3.5)
    assert.equal(numbers.value('hpdummy_memory_limit_bytes'), 2 ** 31)
  })

  test('throttling is reported as the kernel counts it', async (t) => {
    const group = Group.create(t, 'cpu')
    group.quotaUs = 0.3 * oneCpuUs
    const origin = await startOriginIn(t, [group])
    const load = await startLoad(t, origin, { connections: 32, thinkMs: 0 })
    await until('the quota was used up ten times', () => group.throttledPeriods >= 10, {
      ms: followedMs,
    })
    await load.end()
    const before = group.throttledPeriods
    const told = (await scrape(origin)).value('hpdummy_cpu_throttled_periods_total') ?? 0
    assert.ok(before <= told && told <= group.throttledPeriods, `${told} periods told`)
    const seconds = (await scrape(origin)).value('hpdummy_cpu_throttled_seconds_total') ?? 0
    assert.ok(seconds > 0.1, `${seconds} s throttled`)
  })

  test('a set number of workers is used, whatever the quota', async (t) => {
    const group = Group.create(t, 'cpu')
    group.quotaUs = oneCpuUs
    const origin = await startOriginIn(t, [group], { workers: 3 })
    assert.equal(origin.ready['workers'], 3)
  })
})

suite(
  'a quota that changes while the origin serves',
  { skip: missing('cpu') || (cores < 2 && 'with one CPU there is no second worker') },
  () => {
    test('workers come and go within five seconds and no request fails', async (t) => {
      const group = Group.create(t, 'cpu')
      group.quotaUs = oneCpuUs
      const origin = await startOriginIn(t, [group])
      await workersIs(origin, 1)
      const load = await startLoad(t, origin)
      for (const count of [2, 1, 2, 1]) {
        group.quotaUs = count * oneCpuUs
        const changedAt = performance.now()
        await workersIs(origin, count)
        t.diagnostic(`${count} workers after ${Math.round(performance.now() - changedAt)} ms`)
        assert.equal((await scrape(origin)).value('hpdummy_cpu_quota_cores'), count)
      }
      const line = await origin.waitForLog(({ msg }) => msg === 'quota changed')
      assert.deepEqual([line['cpus'], line['workers'], line['isResized']], [2, 2, true])
      await load.end()
      await t.test('no request failed', () => load.assertNoneLost())
    })
  },
)
