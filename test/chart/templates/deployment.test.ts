import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { render, withoutHelm } from '../../support/chart/helm.ts'
import { ofKind, part, renderOnly } from '../../support/chart/part.ts'

suite('deployment.yaml', { skip: withoutHelm() }, () => {
  test('keeps all old pods until new ones are ready', () => {
    const deployment = renderOnly('Deployment')
    assert.equal(part(deployment, 'spec.replicas'), 2)
    assert.deepEqual(part(deployment, 'spec.strategy'), {
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: 0, maxSurge: '25%' },
    })
    assert.equal(part(deployment, 'spec.minReadySeconds'), 5)
    assert.equal(part(deployment, 'spec.revisionHistoryLimit'), 3)
  })

  test('selects its pods by labels that no upgrade changes', () => {
    const deployment = renderOnly('Deployment', {
      image: { tag: '9.9.9@sha256:0' },
      commonLabels: { a: 'b' },
    })
    const selector = part(deployment, 'spec.selector.matchLabels') as Record<string, string>
    assert.deepEqual(selector, {
      'app.kubernetes.io/name': 'hpdummy',
      'app.kubernetes.io/instance': 'hpdummy',
      'app.kubernetes.io/component': 'origin',
    })
    const labels = part(deployment, 'spec.template.metadata.labels') as Record<string, string>
    for (const [name, value] of Object.entries(selector)) assert.equal(labels[name], value)
    assert.equal(labels['app.kubernetes.io/version'], '9.9.9_sha256_0')
    assert.equal(labels['a'], 'b')
    assert.equal('helm.sh/chart' in labels, false, 'a new chart alone rolls no pod')
  })

  test('leaves the number of pods to who scales them', () => {
    const values = [
      { autoscaling: { enabled: true } },
      { keda: { enabled: true, prometheusAddress: 'http://p' } },
    ]
    for (const value of values) {
      assert.equal(part(renderOnly('Deployment', value), 'spec.replicas'), undefined)
    }
    assert.equal(part(renderOnly('Deployment', { replicas: 0 }), 'spec.replicas'), 0)
  })

  test('is not there beside a DaemonSet', () => {
    assert.deepEqual(ofKind(render({ values: { kind: 'DaemonSet' } }), 'Deployment'), [])
  })
})
