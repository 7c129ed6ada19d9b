// Real memory cgroups, made by the test.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { conditionOf, untilConfigz } from '../support/configz.ts'
import { explainIn, startOriginIn } from '../support/grouped-origin.ts'
import { Group, missing } from '../support/groups.ts'
import { MountedSettings } from '../support/mounted-settings.ts'
import type { LogLine, TestOrigin } from '../support/origin.ts'
import { memoryMiB } from '../support/process-memory.ts'
import { scrape } from '../support/scrape.ts'
import { startLoad } from '../support/steady-load.ts'
import { until } from '../support/wait.ts'
import { loadMixed } from './mixed-load.ts'

const loadMs = 3000

// A limit is looked at every two seconds; then workers roll one by one.
const followedMs = 10_000

interface Heap {
  readonly oldMiB: number
  readonly youngMiB: number
  readonly reason: string
}

function heapOf(line: LogLine): Heap {
  return line['heap'] as Heap
}

function recycled(origin: TestOrigin): Promise<number | undefined> {
  return scrape(origin).then((numbers) =>
    numbers.value('hpdummy_worker_recycles_total', { reason: 'memory' }),
  )
}

suite('a real memory limit', { skip: missing('memory'), concurrency: 1 }, () => {
  for (const [limitMiB, workers] of [
    [256, 2],
    [128, 1],
    [128, 'auto'],
  ] as const) {
    test(`${workers} workers in ${limitMiB} MiB live through a mixed load`, async (t) => {
      const group = Group.create(t, 'memory')
      group.memoryMiB = limitMiB
      assert.match(await explainIn([group]), new RegExp(`^memory +${limitMiB} MiB, by `, 'm'))
      const origin = await startOriginIn(t, [group], { workers })
      const heap = heapOf(origin.ready)
      assert.match(heap.reason, new RegExp(`${limitMiB} MiB`))
      const heapsMiB = Number(origin.ready['workers']) * (heap.oldMiB + heap.youngMiB)
      assert.ok(heapsMiB < limitMiB, `heaps of ${heapsMiB} MiB`)
      const { right, wrong } = await loadMixed(origin, loadMs)
      t.diagnostic(`group peak ${group.peakMiB} MiB, ${group.killed} killed`)
      assert.equal(group.killed, 0, 'killed by the kernel')
      t.diagnostic(
        `old ${heap.oldMiB} young ${heap.youngMiB}; ${JSON.stringify(right)}; ` +
          `PSS ${Math.round(memoryMiB(origin.pid))} MiB`,
      )
      assert.deepEqual(wrong.slice(0, 5), [])
      for (const [kind, count] of Object.entries(right)) assert.ok(count > 0, kind)
      const lost = origin.log.filter(({ level }) => level === 'error' || level === 'fatal')
      assert.deepEqual(lost, [])
      origin.signal('SIGTERM')
      assert.equal(await origin.exited, 0)
    })
  }

  test('a limit that changes rolls the workers with new heaps and no failed request', async (t) => {
    const group = Group.create(t, 'memory')
    group.memoryMiB = 512
    const workers = 2
    const origin = await startOriginIn(t, [group], { workers })
    const before = heapOf(origin.ready)
    const load = await startLoad(t, origin)
    group.memoryMiB = 256
    const line = await origin.waitForLog(({ msg }) => msg === 'quota changed')
    const after = heapOf(line)
    assert.ok(after.oldMiB < before.oldMiB, `${before.oldMiB} then ${after.oldMiB}`)
    assert.equal(line['memoryBytes'], 256 * 2 ** 20)
    assert.equal(await recycled(origin), workers)
    await until(
      'all workers are new',
      async () => {
        const answer = await fetch(`http://127.0.0.1:${origin.ports.admin}/configz`)
        const { workers: members } = (await answer.json()) as { workers: { index: number }[] }
        return members.length === workers && members.every(({ index }) => index >= workers)
      },
      { ms: followedMs },
    )
    await load.end()
    await t.test('no request failed', () => load.assertNoneLost())
    assert.equal(group.killed, 0)
  })
})

test(
  'a replacement that the memory limit has no room for is refused and reported',
  { skip: missing('memory') },
  async (t) => {
    const group = Group.create(t, 'memory')
    group.memoryMiB = 128
    const mount = new MountedSettings(t, 'limits.count: 5\n')
    const origin = await startOriginIn(t, [group], { config: mount.path })
    mount.write('limits.count: 5\nbuffer.size: 64K\n')
    const page = await untilConfigz(origin, 'it failed', (it) => {
      return conditionOf(it, 'Applied').status === 'False'
    })
    assert.match(conditionOf(page, 'Applied').message, /no room for a replacement/)
    assert.equal(page.effective['buffer.size'], '256K')
    mount.write('limits.count: 6\n')
    await untilConfigz(origin, 'what needs none is followed', ({ effective }) => {
      return effective['limits.count'] === '6'
    })
    assert.equal(group.killed, 0)
  },
)
