import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { render, withoutHelm } from '../../support/chart/helm.ts'
import { ofKind, renderOnly } from '../../support/chart/part.ts'

const isMade = (values: object): boolean =>
  ofKind(render({ values }), 'PodDisruptionBudget').length === 1

suite('pdb.yaml', { skip: withoutHelm() }, () => {
  test('keeps a drain of nodes from taking all pods, and a broken pod from holding it up', () => {
    assert.deepEqual(
      renderOnly('PodDisruptionBudget', { pdb: { maxUnavailable: '30%' } })['spec'],
      {
        maxUnavailable: '30%',
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
        selector: {
          matchLabels: {
            'app.kubernetes.io/name': 'hpdummy',
            'app.kubernetes.io/instance': 'hpdummy',
            'app.kubernetes.io/component': 'origin',
          },
        },
      },
    )
  })

  test('is only made where there can be two pods', () => {
    assert.equal(isMade({}), true)
    assert.equal(isMade({ replicas: 1 }), false)
    assert.equal(isMade({ replicas: 1, autoscaling: { enabled: true, minReplicas: 2 } }), true)
    assert.equal(isMade({ autoscaling: { enabled: true, minReplicas: 1 } }), false)
    const keda = { enabled: true, minReplicas: 0, prometheusAddress: 'http://p' }
    assert.equal(isMade({ keda }), false)
    assert.equal(isMade({ kind: 'DaemonSet' }), false)
    assert.equal(isMade({ pdb: { enabled: false } }), false)
  })
})
