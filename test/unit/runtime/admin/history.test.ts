import assert from 'node:assert/strict'
import { test } from 'node:test'

import { History, historyPoints } from '../../../../app/runtime/admin/history.ts'
import type { StatsPage } from '../../../../app/runtime/admin/stats.ts'

function pageOf(second: number): StatsPage {
  return {
    uptime_seconds: second,
    requests_per_sec: 10 * second,
    headroom_ratio: null,
    workers_detail: [{ worker: 3, event_loop_utilization: 0.5, gc_pause_ms_per_sec: 1 }],
  } as unknown as StatsPage
}

test('five minutes are kept, oldest first, and no more', () => {
  const history = new History()
  for (let second = 1; second <= historyPoints + 50; second++) {
    history.add(pageOf(second), second * 1000)
  }
  const { now, names, worker_names, points } = history.page(400_000)
  assert.equal(now, 400_000)
  assert.equal(points.length, 300)
  const [first] = points
  assert.equal(first?.at, 51_000)
  const named = Object.fromEntries(names.map((name, index) => [name, first?.values[index]]))
  assert.equal(named['requests_per_sec'], 510)
  assert.equal(named['headroom_ratio'], null)
  assert.deepEqual(worker_names, ['worker', 'event_loop_utilization', 'gc_pause_ms_per_sec'])
  assert.deepEqual(first?.workers, [[3, 0.5, 1]])
})
