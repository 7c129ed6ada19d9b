import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { render, withoutHelm } from '../../support/chart/helm.ts'
import { ofKind, part, podSpec, renderOnly } from '../../support/chart/part.ts'

suite('daemonset.yaml', { skip: withoutHelm() }, () => {
  test('is there when asked for', () => {
    assert.deepEqual(ofKind(render(), 'DaemonSet'), [])
    const daemonSet = renderOnly('DaemonSet', { kind: 'DaemonSet', minReadySeconds: 9 })
    assert.deepEqual(part(daemonSet, 'spec.updateStrategy'), {
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: 1 },
    })
    assert.equal(part(daemonSet, 'spec.minReadySeconds'), 9)
  })

  test('has the pod of the Deployment, which it need not spread', () => {
    const [daemon, deployed] = [podSpec({ kind: 'DaemonSet' }), podSpec()]
    assert.equal(part(daemon, 'spec.topologySpreadConstraints'), undefined)
    const { topologySpreadConstraints, ...rest } = part(deployed, 'spec') as Record<string, unknown>
    assert.notEqual(topologySpreadConstraints, undefined)
    assert.deepEqual(part(daemon, 'spec'), rest)
  })
})
