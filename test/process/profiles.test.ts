import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import type { CpuProfile } from '../../app/runtime/admin/cpu-profile.ts'
import { ask, jsonOf } from '../support/ask.ts'
import { type TestOrigin, startOrigin } from '../support/origin.ts'

/** Echoes for as long as `during` takes. */
async function echoDuring<T>({ url }: TestOrigin, during: Promise<T>): Promise<T> {
  const state = { isOver: false }
  const over = during.finally(() => (state.isOver = true))
  while (!state.isOver)
    await (await fetch(url, { method: 'POST', body: 'x'.repeat(10_000) })).text()
  return over
}

suite('profiles of the workers', () => {
  test('all workers are in one CPU profile, each below its name, and what they did', async (t) => {
    const origin = await startOrigin(t, { workers: 2 })
    const answer = await echoDuring(origin, ask(origin.ports.admin, '/profile/cpu?seconds=1'))
    assert.equal(answer.status, 200)
    assert.match(
      answer.headers['content-disposition'] ?? '',
      /^attachment; filename="hpdummy-\d+\.cpuprofile"$/,
    )
    const { nodes, samples, timeDeltas } = jsonOf(answer) as unknown as CpuProfile
    const ids = new Set(nodes.map(({ id }) => id))
    assert.equal(ids.size, nodes.length, 'every node has a number of its own')
    assert.ok(samples.length > 0 && samples.length === timeDeltas.length)
    assert.ok(samples.every((id) => ids.has(id)))
    const [root] = nodes
    const names = nodes
      .filter(({ id }) => root?.children?.includes(id) === true)
      .map(({ callFrame }) => callFrame.functionName)
    assert.deepEqual(names, ['worker 0', 'worker 1'])
    const files = nodes.map(({ callFrame }) => callFrame.url)
    assert.ok(
      files.some((url) => url.endsWith('/fast/exchange.ts')),
      'no line of ours was seen',
    )
  })

  test('a heap snapshot is whole, and the worker goes on', async (t) => {
    const origin = await startOrigin(t)
    const answer = await ask(origin.ports.admin, '/profile/heap?worker=0')
    const { snapshot, strings } = jsonOf(answer) as {
      snapshot: { node_count: number }
      strings: readonly string[]
    }
    assert.ok(snapshot.node_count > 10_000)
    assert.ok(strings.includes('FastListener'))
    assert.equal((await fetch(origin.url)).status, 200)
  })

  test('a wrong request gets an error, and only one profile runs at a time', async (t) => {
    const origin = await startOrigin(t)
    for (const query of ['seconds=0', 'seconds=61', 'seconds=x', 'worker=1', 'worker=']) {
      const answer = await ask(origin.ports.admin, `/profile/cpu?${query}`)
      assert.equal(answer.status, 400, query)
      assert.match(answer.body.toString(), /seconds is from|there is no worker ".*"; use 0 or all/)
    }
    const [first, second] = await Promise.all([
      ask(origin.ports.admin, '/profile/cpu?seconds=1'),
      ask(origin.ports.admin, '/profile/cpu?seconds=1'),
    ])
    assert.deepEqual(new Set([first.status, second.status]), new Set([200, 409]))
  })

  test('a profile may contain secrets, so it needs the token', async (t) => {
    const origin = await startOrigin(t, { 'admin.token': 'horse' })
    for (const path of ['/profile/heap', '/profile/cpu?seconds=0.1']) {
      assert.equal((await ask(origin.ports.admin, path)).status, 401)
      const answer = await ask(origin.ports.admin, path, {
        headers: { authorization: 'Bearer horse' },
      })
      assert.equal(answer.status, 200)
    }
  })
})
