import assert from 'node:assert/strict'
import { test } from 'node:test'

import { dashboardFiles, panelQueries, rules, rulesFile } from '../support/chart/queries.ts'
import { startOrigin } from '../support/origin.ts'
import { scrape } from '../support/scrape.ts'

// Names of ours, of Node and of the process. One with a colon is a recording rule's.
const names = /(?<![\w:])(?:hpdummy|http|nodejs|process)_\w+(?!:)\b/g

test('rules and dashboards ask only for metrics and labels that the origin has', async (t) => {
  const origin = await startOrigin(t)
  // A counter of requests appears with the first.
  await fetch(`${origin.url}/status/200`)
  const { text } = await scrape(origin)
  const known = new Set([
    ...[...text.matchAll(/^(\w+)[{ ]/gm)].map(([, name]) => name),
    // Some are absent until there is something to tell.
    ...[...text.matchAll(/^# HELP (\w+) /gm)].map(([, name]) => name),
    ...[...text.matchAll(/[{,](\w+)="/g)].map(([, label]) => label),
  ])
  const places = new Map([
    [rulesFile, rules().map(({ expr }) => expr)],
    ...dashboardFiles.map((file) => [file, panelQueries(file)] as const),
  ])
  for (const [place, queries] of places) {
    const asked = new Set(queries.flatMap((query) => query.match(names) ?? []))
    assert.ok(asked.size > 3, place)
    const strangers = [...asked].filter((name) => !known.has(name))
    assert.deepEqual(strangers, [], place)
  }
})
