import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'

import { asked } from '../golden/dashboards/queries.ts'
import { dashboardFiles, panelQueries, rules, rulesFile } from '../support/chart/queries.ts'
import { createDirectory } from '../support/programs.ts'
import { toolPath, without } from '../support/tools.ts'

const trials = 'test/chart/rules.test.yaml'

const promtool = (...words: readonly string[]): string =>
  execFileSync(toolPath('promtool'), words, { encoding: 'utf8' })

suite('rules', { skip: without('promtool') }, () => {
  test('are ones Prometheus takes', () => {
    assert.match(promtool('check', 'rules', rulesFile), /SUCCESS: \d+ rules found/)
  })

  test('fire when they should, and not before', () => {
    assert.match(promtool('test', 'rules', trials), /SUCCESS/)
  })

  test('of panels are queries Prometheus can parse', (t) => {
    for (const file of dashboardFiles) {
      // promtool reads rules, so each query is made one.
      const queries = panelQueries(file).map((query, index) => ({
        record: `panel:${index}`,
        expr: query.replaceAll(/\$__\w+/g, '5m'),
      }))
      assert.ok(queries.length > 3)
      const path = join(createDirectory(t), 'rules.json')
      writeFileSync(path, JSON.stringify({ groups: [{ name: 'panels', rules: queries }] }))
      assert.match(promtool('check', 'rules', path), /SUCCESS/)
    }
  })

  test('of real errors leave out the routes that the dashboards leave out', () => {
    const { expr = '' } = rules().find(({ alert }) => alert === 'HpdummyRealErrors') ?? {}
    const route = /http_route!~"[^"]*"/.exec(asked.noStatus)?.[0] ?? assert.fail()
    assert.ok(expr.includes(route), `the alert lacks ${route}`)
  })

  test('are each tried', () => {
    const tried = readFileSync(trials, 'utf8')
    assert.ok(rules().length >= 8)
    for (const { record, alert = record } of rules()) {
      assert.ok(alert !== undefined && tried.includes(alert), `${alert} is not tried`)
    }
  })
})
