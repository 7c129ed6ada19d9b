import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { Ledger } from '../../../../app/evidence/ledger/ledger.ts'
import { type Pod, createPod, exchange } from './pod.ts'

/** What a summary says of exchanges that took so long, in ms. */
async function latencyOf(pod: Pod, run: string, tookMs: readonly number[]) {
  for (const [at, took] of tookMs.entries()) exchange(pod, `${run}-${at}`, { run, tookMs: took })
  return (await pod.reader.summarize(run)).latency
}

suite('latency', () => {
  test('of a run: percentiles are right to an eighth, and those that ended early are not in it', async () => {
    const pod = createPod()
    exchange(pod, 'left', { run: 'r', isAborted: true, tookMs: 1e6 })
    const tookMs = [...Array.from({ length: 98 }, () => 10), 1000, 60_000]
    const latency = await latencyOf(pod, 'r', tookMs)
    assert.equal(latency?.count, 100)
    for (const [told, ms] of [
      [latency.p50, 10],
      [latency.p90, 10],
      [latency.p99, 1000],
      [latency.buckets.at(-1)?.up_to ?? 0, 60_000],
    ] as const) {
      // The exchange itself takes some microseconds besides, on a busy machine more.
      assert.ok(told > ms && told < ms * 1.25 + 50, `${told} ms of ${ms}`)
    }
    assert.equal(
      latency.buckets.reduce((sum, { count }) => sum + count, 0),
      100,
    )
  })

  test('is kept apart for each run, and for what has none', async () => {
    const pod = createPod()
    assert.equal((await latencyOf(pod, 'a', [1, 1]))?.count, 2)
    assert.equal((await latencyOf(pod, 'b', [1]))?.count, 1)
    assert.equal((await latencyOf(pod, '', [1, 1, 1]))?.count, 3)
    assert.equal((await pod.reader.summarize('a')).latency?.count, 2)
    assert.equal((await pod.reader.summarize('c')).latency, null)
  })

  test('of the 65th run takes the place of the first', async () => {
    const pod = createPod()
    for (let at = 0; at < 65; at++) await latencyOf(pod, `run-${at}`, [1])
    for (const [run, count] of [
      ['run-0', undefined],
      ['run-1', 1],
      ['run-64', 1],
    ] as const) {
      assert.equal((await pod.reader.summarize(run)).latency?.count, count, run)
    }
  })

  test('is added up over threads', async () => {
    const pod = createPod()
    const other = {
      ...pod,
      ledger: new Ledger({ memory: pod.memory, worker: 1, key: () => 'X-HP-Id' }),
    }
    await latencyOf(pod, 'r', [1, 1])
    assert.equal((await latencyOf(other, 'r', [100]))?.count, 3)
  })
})
