// Neighbours that take the CPU are not the origin's load.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

import { startOrigin } from '../support/origin.ts'
import { startProgram } from '../support/programs.ts'
import { startLoad } from '../support/steady-load.ts'
import { until } from '../support/wait.ts'

interface Page {
  readonly headroom_note: string | null
  readonly workers_detail: readonly {
    readonly event_loop_utilization: number
    readonly event_loop_own_utilization: number
    readonly cpu_wait_percent: number | null
  }[]
}

function isTold({ headroom_note: note, workers_detail: [worker] }: Page): boolean {
  return (
    note?.startsWith('machine busy elsewhere') === true &&
    worker !== undefined &&
    worker.event_loop_own_utilization < worker.event_loop_utilization
  )
}

test('beside busy neighbours the origin says that the machine is busy', async (t) => {
  const origin = await startOrigin(t)
  // All of them on one CPU, so that the others stay free for other tests.
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', '0', String(origin.pid)])
  for (let each = 0; each < 4; each++) {
    startProgram(t, { path: 'taskset', words: ['-c', '0', 'sh', '-c', 'while :; do :; done'] })
  }
  const load = await startLoad(t, origin)
  const ask = async (): Promise<Page> => {
    const answer = await fetch(`http://127.0.0.1:${origin.ports.admin}/api/v1/stats`)
    return (await answer.json()) as Page
  }
  const page = await until('the machine is said to be busy elsewhere', ask, {
    holds: isTold,
    ms: 60_000,
  })
  assert.ok((page.workers_detail[0]?.cpu_wait_percent ?? 0) >= 10)
  await load.end()
})
