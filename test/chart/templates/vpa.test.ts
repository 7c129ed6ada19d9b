import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { render, withoutHelm } from '../../support/chart/helm.ts'
import { ofKind, part, renderOnly } from '../../support/chart/part.ts'

suite('vpa.yaml', { skip: withoutHelm() }, () => {
  test('is off', () => assert.deepEqual(ofKind(render(), 'VerticalPodAutoscaler'), []))

  test('sizes our container within bounds', () => {
    const vpa = { enabled: true, minAllowed: { cpu: 1 }, maxAllowed: { memory: '4Gi' } }
    const made = renderOnly('VerticalPodAutoscaler', { vpa })
    assert.equal(part(made, 'spec.updatePolicy.updateMode'), 'Initial')
    assert.deepEqual(part(made, 'spec.resourcePolicy.containerPolicies'), [
      {
        containerName: 'hpdummy',
        controlledResources: ['cpu', 'memory'],
        minAllowed: { cpu: 1 },
        maxAllowed: { memory: '4Gi' },
      },
    ])
  })

  test('can be Off, which is a word and no truth', () => {
    const made = renderOnly('VerticalPodAutoscaler', { vpa: { enabled: true, updateMode: 'Off' } })
    assert.equal(part(made, 'spec.updatePolicy.updateMode'), 'Off')
  })
})
