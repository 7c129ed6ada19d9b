// Settings of class worker: they are followed by replacing workers while the others serve.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { scrape } from '../process/scrape.ts'
import { untilConfigz, untilGeneration } from './configz.ts'
import { startMounted } from './mounted-settings.ts'
import { startLoad } from './steady-load.ts'

test('worker settings are followed under load', async (t) => {
  const { origin, mount } = await startMounted(t, 'workers: 2\n')
  const load = await startLoad(t, origin)
  const steps = [
    ['workers: 3\n', 3],
    ['workers: 1\n', 1],
    ['workers: 2\nbuffer.size: 64K\n', 2],
    ['workers: 2\nbuffer.size: 64K\nheap.profile: memory\n', 2],
    ['workers: 2\nheap.profile: throughput\nheap.oldMiB: 70\nlimits.count: 5\n', 2],
  ] as const
  for (const [index, [text, workers]] of steps.entries()) {
    mount.write(text)
    const page = await untilGeneration(origin, index + 2)
    assert.equal(page.workers.length, workers, text)
    assert.equal((await scrape(origin)).value('hpdummy_workers'), workers)
  }
  await load.end()
  const recycles = (await scrape(origin)).value('hpdummy_worker_recycles_total', {
    reason: 'settings',
  })
  assert.equal(recycles, 6)
  await t.test('no request failed', () => load.assertNoneLost())
})

suite('settings that workers cannot live with', { concurrency: 2 }, () => {
  for (const oldMiB of [2, 8]) {
    test(`heap.oldMiB ${oldMiB}, refused or not, does not end the origin`, async (t) => {
      const { origin, mount } = await startMounted(t, 'workers: 1\n')
      mount.write(`workers: 1\nheap.oldMiB: ${oldMiB}\n`)
      const followed = untilConfigz(origin, 'refused, failed or applied', (page) => {
        const isGood = page.conditions.slice(0, 2).every(({ status }) => status === 'True')
        return !isGood || page.applied.generation > 1
      })
      await Promise.race([followed, origin.exited.then((code) => assert.fail(`ended: ${code}`))])
      const answer = await fetch(`${origin.url}/bin/10`)
      assert.equal(answer.status, 200)
    })
  }
})
