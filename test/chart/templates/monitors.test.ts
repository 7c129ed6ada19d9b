import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { render, withoutHelm } from '../../support/chart/helm.ts'
import { field, ofKind, only, part, renderOnly } from '../../support/chart/part.ts'

suite('monitors.yaml', { skip: withoutHelm() }, () => {
  test('are off', () => {
    assert.deepEqual(ofKind(render(), 'ServiceMonitor'), [])
    assert.deepEqual(ofKind(render(), 'PodMonitor'), [])
  })

  test('a ServiceMonitor finds one Service, so no pod is scraped twice', () => {
    const metrics = { serviceMonitor: { enabled: true }, labels: { release: 'p' }, interval: '5s' }
    const manifests = render({ values: { metrics } })
    const monitor = only(manifests, 'ServiceMonitor')
    assert.equal(monitor.metadata.labels['release'], 'p')
    const wanted = part(monitor, 'spec.selector.matchLabels') as Record<string, string>
    const found = ofKind(manifests, 'Service').filter(({ metadata }) =>
      Object.entries(wanted).every(([name, value]) => metadata.labels[name] === value),
    )
    assert.deepEqual(
      found.map(({ metadata }) => metadata.name),
      ['hpdummy-metrics'],
    )
    assert.deepEqual(part(monitor, 'spec.endpoints'), [
      { port: 'admin', path: '/metrics', interval: '5s' },
    ])
  })

  test('a PodMonitor finds the pods', () => {
    const monitor = renderOnly('PodMonitor', { metrics: { podMonitor: { enabled: true } } })
    assert.deepEqual(part(monitor, 'spec.podMetricsEndpoints'), [
      { port: 'admin', path: '/metrics', interval: '15s' },
    ])
    assert.equal(
      field(part(monitor, 'spec.selector.matchLabels'), 'app.kubernetes.io/component'),
      'origin',
    )
  })
})
