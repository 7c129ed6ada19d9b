import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { render, withoutHelm } from '../../support/chart/helm.ts'
import { ofKind, part, renderOnly } from '../../support/chart/part.ts'

suite('hpa.yaml', { skip: withoutHelm() }, () => {
  test('is off: scaling changes what is measured', () => {
    assert.deepEqual(ofKind(render(), 'HorizontalPodAutoscaler'), [])
  })

  test('scales by the CPU of our container alone', () => {
    const values = {
      autoscaling: { enabled: true, minReplicas: 3, maxReplicas: 9, cpuPercent: 55 },
    }
    const { spec } = renderOnly('HorizontalPodAutoscaler', values) as unknown as { spec: object }
    assert.deepEqual(spec, {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'hpdummy' },
      minReplicas: 3,
      maxReplicas: 9,
      metrics: [
        {
          type: 'ContainerResource',
          containerResource: {
            name: 'cpu',
            container: 'hpdummy',
            target: { type: 'Utilization', averageUtilization: 55 },
          },
        },
      ],
    })
  })

  test('takes more metrics and a pace', () => {
    const metric = {
      type: 'Pods',
      pods: { metric: { name: 'x' }, target: { type: 'AverageValue' } },
    }
    const behavior = { scaleUp: { tolerance: '0.05' } }
    const values = { autoscaling: { enabled: true, metrics: [metric], behavior } }
    const hpa = renderOnly('HorizontalPodAutoscaler', values)
    assert.deepEqual(part(hpa, 'spec.metrics.1'), metric)
    assert.deepEqual(part(hpa, 'spec.behavior'), behavior)
  })
})
