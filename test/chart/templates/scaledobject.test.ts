import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { render, withoutHelm } from '../../support/chart/helm.ts'
import { ofKind, part, renderOnly } from '../../support/chart/part.ts'

suite('scaledobject.yaml', { skip: withoutHelm() }, () => {
  test('is off', () => assert.deepEqual(ofKind(render(), 'ScaledObject'), []))

  test('scales by the requests of its own pods', () => {
    const keda = { enabled: true, prometheusAddress: 'http://p:9090', requestsPerSecond: 500 }
    const scaled = renderOnly('ScaledObject', { keda })
    assert.equal(part(scaled, 'spec.scaleTargetRef.name'), 'hpdummy')
    assert.deepEqual(part(scaled, 'spec.triggers'), [
      {
        type: 'prometheus',
        metadata: {
          serverAddress: 'http://p:9090',
          query:
            'sum(rate(http_server_request_duration_seconds_count{namespace="load",pod=~"hpdummy-[a-z0-9]+-[a-z0-9]{5}"}[1m]))',
          threshold: '500',
          ignoreNullValues: 'false',
        },
      },
    ])
  })

  test('takes other triggers, bounds and pace', () => {
    const trigger = { type: 'cron', metadata: { timezone: 'UTC' } }
    const numbers = { minReplicas: 0, maxReplicas: 7, pollingInterval: 5, cooldownPeriod: 60 }
    const keda = { enabled: true, triggers: [trigger], ...numbers }
    const scaled = renderOnly('ScaledObject', { keda })
    assert.deepEqual(part(scaled, 'spec.triggers'), [trigger])
    const shown = ['minReplicaCount', 'maxReplicaCount', 'pollingInterval', 'cooldownPeriod'].map(
      (name) => part(scaled, `spec.${name}`),
    )
    assert.deepEqual(shown, [0, 7, 5, 60])
  })
})
