import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { suite, test } from 'node:test'

import { dashboardDirectory, dashboardGoldens } from '../golden/dashboards/dashboards.ts'
import type { Dashboard, Panel } from './grafana.ts'

// Grafana 10.0 writes 38; it takes newer ones as they are, but does not know what is new in them.
const newestSchema = 39

const names = ['cluster', 'namespace', 'job', 'pod']
const chosen = names.map((name) => `${name}=~"$${name}"`).join(',')

test('the chart has the dashboards that are made, as they are made, and no other', () => {
  const files = readdirSync(dashboardDirectory).toSorted()
  assert.deepEqual(files, dashboardGoldens.map(({ file }) => basename(file)).toSorted())
  for (const { file, text } of dashboardGoldens) {
    assert.equal(readFileSync(file, 'utf8'), text(), `${file} is stale: npm run golden`)
  }
})

for (const { file, text } of dashboardGoldens) {
  const dashboard = JSON.parse(text()) as Dashboard
  const panels = dashboard.panels.filter(({ type }) => type !== 'row')

  suite(basename(file), () => {
    test('has an address of its own, which is the name of its file', () => {
      assert.equal(`${dashboard.uid}.json`, basename(file))
      assert.ok(dashboard.schemaVersion <= newestSchema)
    })

    test('asks for a data source and the pods to look at', () => {
      const asked = dashboard.templating.list.map(({ name }) => name)
      assert.deepEqual(asked, ['datasource', ...names])
    })

    test('says of every panel what it tells, in which unit', () => {
      for (const { title, description = '', fieldConfig } of panels) {
        assert.ok(title.length > 1)
        assert.match(description, /^[A-Z0-9].*\.$/, title)
        assert.match(fieldConfig?.defaults.unit ?? '', /^[a-zA-Z]+$/, title)
      }
    })

    test('has panels of one id and one title each', () => {
      const { length } = dashboard.panels
      assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, length)
      assert.ok(dashboard.panels.every(({ id }) => id > 0))
      assert.equal(new Set(panels.map(({ title }) => title)).size, panels.length)
    })

    test('lays its panels side by side, in full lines', () => {
      for (const [index, panel] of dashboard.panels.entries()) {
        assert.ok(panel.gridPos.x + panel.gridPos.w <= 24, panel.title)
        for (const other of dashboard.panels.slice(index + 1)) {
          assert.ok(!isCovering(panel, other), `${panel.title} and ${other.title}`)
        }
      }
      const area = dashboard.panels.reduce((sum, { gridPos: { w, h } }) => sum + w * h, 0)
      const height = Math.max(...dashboard.panels.map(({ gridPos: { y, h } }) => y + h))
      assert.equal(area, 24 * height, 'there is a gap')
    })

    test('asks only of the chosen pods, and follows the zoom', () => {
      for (const { title, targets = [] } of panels) {
        assert.ok(targets.length > 0, `${title} asks nothing`)
        for (const { expr } of targets) {
          for (const selector of expr.split(/\w\{/).slice(1)) {
            assert.ok(selector.startsWith(chosen), `${title}: ${selector}`)
          }
          assert.doesNotMatch(expr, /\[\d+[smh]/, `${title} has a range of its own`)
        }
      }
    })
  })
}

function isCovering({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  const isBeside = a.x + a.w <= b.x || b.x + b.w <= a.x
  return !isBeside && a.y < b.y + b.h && b.y < a.y + a.h
}
