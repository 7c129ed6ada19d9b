// Settings of class worker: they are followed by replacing workers while the others serve.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { untilConfigz, untilGeneration } from '../support/configz.ts'
import { startMounted } from '../support/mounted-settings.ts'
import { connectTo, rawRequest } from '../support/raw.ts'
import { scrape } from '../support/scrape.ts'
import { startLoad } from '../support/steady-load.ts'
import { until, within } from '../support/wait.ts'

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

test('what a leaving worker cuts at its deadline is counted', async (t) => {
  const text = 'workers: 1\ndrain.notice: 200ms\ndrain.deadline: 1s\n'
  const { origin, mount } = await startMounted(t, text, {
    'drain.notice': '',
    'drain.deadline': '',
  })
  const connection = connectTo(t, origin)
  connection.send(rawRequest('GET /delay/60000'))
  await until('it waits', async () => (await scrape(origin)).activeRequests === 1)
  mount.write(`${text}buffer.size: 64K\n`)
  assert.equal(await within('the end', connection.ended), 'FIN')
  await untilGeneration(origin, 2)
  const numbers = await scrape(origin)
  assert.equal(numbers.value('hpdummy_drain_forced_connections_total'), 1)
  assert.equal(numbers.value('hpdummy_drain_forced_requests_total'), 1)
  assert.equal((await fetch(origin.url)).status, 200)
})

suite('settings that end workers', { concurrency: 2 }, () => {
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
