import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ask, jsonOf } from '../support/ask.ts'
import { cutOf } from '../support/drain-log.ts'
import { startMounted } from '../support/mounted-settings.ts'
import { startOrigin } from '../support/origin.ts'
import { scrape } from '../support/scrape.ts'
import { until } from '../support/wait.ts'

test('a drain waits for work, and what is not done by its deadline is refused, not cut', async (t) => {
  const origin = await startOrigin(t, { 'pool.workers': 2, 'drain.deadline': '4s' })
  const wire = `http://127.0.0.1:${origin.ports.wire}`
  const done = ask(origin.url, '/work/1s')
  const endless = [origin.url, wire, wire].map((base) => ask(base, '/work/1h'))
  await until('two jobs run and two wait', async () => {
    const seen = await scrape(origin)
    const busy = seen.value('hpdummy_pool_threads', { state: 'busy' })
    return busy === 2 && seen.value('hpdummy_pool_queue_depth') === 2
  })
  origin.signal('SIGTERM')
  assert.equal((await done).status, 200)
  for (const answer of await Promise.all(endless)) {
    assert.deepEqual([answer.status, jsonOf(answer)['code']], [503, 'DRAINING'])
    assert.equal(answer.headers.connection, 'close')
  }
  assert.equal(await origin.exited, 0)
  // A connection whose answer has just gone out may still be there.
  assert.equal((await cutOf(origin)).exchanges, 0)
})

test('a process whose pool threads are working ends at once when it must', async (t) => {
  const origin = await startOrigin(t, { 'pool.workers': 3, 'drain.deadline': '60s' })
  const left = ['/work/1h', '/work/1h?mode=cpu', '/work/1h'].map((path) =>
    assert.rejects(ask(origin.url, path)),
  )
  await until('all threads are busy', async () => {
    return (await scrape(origin)).value('hpdummy_pool_threads', { state: 'busy' }) === 3
  })
  origin.signal('SIGTERM')
  await origin.waitForLog(({ msg }) => msg === 'draining')
  origin.signal('SIGTERM')
  assert.equal(await origin.exited, 0)
  await Promise.all(left)
})

test('a worker that is replaced leaves after its work is done, and the pool stays', async (t) => {
  const { origin, mount } = await startMounted(t, 'workers: 1\n', { 'pool.workers': 1 })
  const answers = [1, 2].map(() => ask(origin.url, '/work/700'))
  await until('one job runs and one waits', async () => {
    const seen = await scrape(origin)
    const busy = seen.value('hpdummy_pool_threads', { state: 'busy' })
    return busy === 1 && seen.value('hpdummy_pool_queue_depth') === 1
  })
  mount.write('workers: 1\nbuffer.size: 64K\n')
  for (const answer of await Promise.all(answers)) {
    assert.deepEqual([answer.status, jsonOf(answer)['worker']], [200, 0])
  }
  await origin.waitForLog(({ msg }) => msg === 'settings applied')
  assert.equal(jsonOf(await ask(origin.url, '/work/1'))['worker'], 0)
})
