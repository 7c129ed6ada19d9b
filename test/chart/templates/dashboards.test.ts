import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { suite, test } from 'node:test'

import { render, withoutHelm } from '../../support/chart/helm.ts'
import { ofKind, only } from '../../support/chart/part.ts'
import { dashboardFiles } from '../../support/chart/queries.ts'

suite('dashboards.yaml', { skip: withoutHelm() }, () => {
  test('are off', () => {
    const names = ofKind(render(), 'ConfigMap').map(({ metadata }) => metadata.name)
    assert.deepEqual(names, ['hpdummy'])
  })

  test('are found by the label of Grafana’s sidecar, and put into a folder', () => {
    const manifests = render({ values: { dashboards: { enabled: true, folder: 'load' } } })
    const { metadata, ...map } = only(manifests, 'ConfigMap', 'hpdummy-dashboards')
    assert.equal(metadata.labels['grafana_dashboard'], '1')
    assert.deepEqual(metadata.annotations, { grafana_folder: 'load' })
    const files = dashboardFiles.map((file) => [basename(file), readFileSync(file, 'utf8')])
    assert.ok(files.length > 0)
    assert.deepEqual(map['data'], Object.fromEntries(files))
  })

  test('are told to Grafana Operator', () => {
    const grafanaOperator = { enabled: true, instanceSelector: { dashboards: 'grafana' } }
    const values = { dashboards: { enabled: true, grafanaOperator } }
    const told = ofKind(render({ values }), 'GrafanaDashboard').map(({ spec }) => spec)
    const wanted = dashboardFiles.map((file) => ({
      folder: 'hpdummy',
      instanceSelector: { matchLabels: { dashboards: 'grafana' } },
      configMapRef: { name: 'hpdummy-dashboards', key: basename(file) },
    }))
    assert.deepEqual(told, wanted)
  })
})
