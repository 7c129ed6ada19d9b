// Every query of the dashboards and rules, asked of a real Prometheus that has watched real origins.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'

import { rules, rulesFile } from '../support/chart/queries.ts'
import { missing } from '../support/groups.ts'
import { without } from '../support/tools.ts'
import { type Dashboard, ask, chooseAll } from './grafana.ts'
import { type Life, live } from './life.ts'
import { dashboards, numbers } from './numbers.ts'

/** Queries that have no answer here, and why. */
const unanswered: Readonly<Record<string, string>> = {
  HpdummyRealErrors: 'nothing fails that nobody asked to fail',
  HpdummyConfigRefused: 'no pod refuses its settings for five minutes',
  HpdummyWorkersOutOfHeap: 'no worker runs out of heap',
  HpdummyWorkerStalled: 'no worker stalls',
}

const skip = without('promtool', 'wrk') || missing('cpu')

test('what Prometheus answers', { skip }, async (t) => {
  const life = await live(t, rulesFile)
  for (const dashboard of dashboards)
    await t.test(dashboard.title, () => answers(t, life, dashboard))
  await t.test('rules', () => ruleAnswers(life))
  for (const [what, check] of Object.entries(numbers)) await t.test(what, () => check(life))
})

async function answers(
  t: TestContext,
  { prometheus, span }: Life,
  dashboard: Dashboard,
): Promise<void> {
  const choice = await chooseAll(prometheus, dashboard)
  const queries = [
    ...dashboard.panels.flatMap(({ title, targets = [] }) =>
      targets.map((target) => [`${title} ${target.refId}`, target] as const),
    ),
    ...dashboard.annotations.list.map((target) => [target.name, target] as const),
  ]
  const empty = []
  for (const [name, target] of queries) {
    const answered = await ask(prometheus, target, { choice, span })
    if (answered.length === 0) empty.push(name)
  }
  t.diagnostic(`${dashboard.title}: ${queries.length} queries`)
  assert.deepEqual(empty, [])
}

async function ruleAnswers({ prometheus, span }: Life): Promise<void> {
  for (const { record, alert = '', expr } of rules()) {
    const answered = await prometheus.queryRange(record ?? expr, span)
    const name = record ?? alert
    assert.equal(answered.length === 0, name in unanswered, name)
  }
}
