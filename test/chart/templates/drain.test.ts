import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { withoutHelm } from '../../support/chart/helm.ts'
import { container, part, podSpec } from '../../support/chart/part.ts'

const grace = (values: object): unknown =>
  part(podSpec(values), 'spec.terminationGracePeriodSeconds')

const preStop = (values: object, kubeVersion = '1.35.0'): unknown =>
  part(container(podSpec(values, { kubeVersion })), 'lifecycle.preStop')

suite('_drain.tpl', { skip: withoutHelm() }, () => {
  test('sleeps as long as who stands in front needs', () => {
    const profiles = ['kube', 'gateway', 'alb', 'nlb']
    const slept = profiles.map((profile) => preStop({ drain: { profile } }))
    assert.deepEqual(
      slept,
      [5, 10, 20, 30].map((seconds) => ({ sleep: { seconds } })),
    )
    assert.deepEqual(preStop({ drain: { preStopSeconds: 7 } }), { sleep: { seconds: 7 } })
    assert.equal(preStop({ drain: { preStopSeconds: 0 } }), undefined)
  })

  test('sleeps by node where Kubernetes cannot', () => {
    const command = ['node', '-e', 'setTimeout(() => {}, 5000)']
    assert.deepEqual(preStop({}, '1.29.15'), { exec: { command } })
    assert.deepEqual(preStop({}, '1.30.0'), { sleep: { seconds: 5 } })
    // Builds of clouds carry a suffix.
    assert.deepEqual(preStop({}, 'v1.30.1-gke.100'), { sleep: { seconds: 5 } })
  })

  test('gives the drain the time it may take', () => {
    assert.equal(grace({}), 45)
    assert.equal(grace({ drain: { profile: 'nlb' } }), 70)
    assert.equal(grace({ drain: { preStopSeconds: 0 } }), 40)
    const deadline = (value: string | number): unknown =>
      grace({ config: { drain: { deadline: value } } })
    const seconds = ['2m', '1.5m', '90s', '2500ms', 2500, '1h'].map((value) => deadline(value))
    assert.deepEqual(seconds, [135, 105, 105, 18, 18, 3615])
  })

  test('takes more, to the second', () => {
    assert.equal(grace({ terminationGracePeriodSeconds: 45 }), 45)
    assert.equal(grace({ terminationGracePeriodSeconds: 600 }), 600)
  })
})
