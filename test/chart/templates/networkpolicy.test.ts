import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { render, withoutHelm } from '../../support/chart/helm.ts'
import { ofKind, part, renderOnly } from '../../support/chart/part.ts'

const policy = (values: object = {}, more: object = {}): unknown =>
  renderOnly('NetworkPolicy', { networkPolicy: { enabled: true, ...values }, ...more })['spec']

const tests = {
  podSelector: {
    matchLabels: {
      'app.kubernetes.io/instance': 'hpdummy',
      'app.kubernetes.io/component': 'test',
    },
  },
}

suite('networkpolicy.yaml', { skip: withoutHelm() }, () => {
  test('is off', () => assert.deepEqual(ofKind(render(), 'NetworkPolicy'), []))

  test('lets traffic in from everybody, and to the admin port from monitoring', () => {
    const monitoring = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
    }
    assert.deepEqual(part(policy(), 'ingress'), [
      { ports: ['grpc', 'http', 'wire'].map((port) => ({ port, protocol: 'TCP' })) },
      { ports: [{ port: 'admin', protocol: 'TCP' }], from: [monitoring, tests] },
    ])
  })

  test('lets in to what the Services have, and to nothing else that is open', () => {
    const ports = {
      http: { enabled: false },
      grpc: { enabled: false },
      'udp-echo': { enabled: true },
      'wire-h2c': { enabled: true, setting: 'wire.port', port: 8082 },
    }
    assert.deepEqual(part(policy({}, { ports }), 'ingress.0.ports'), [
      { port: 'udp-echo', protocol: 'UDP' },
      { port: 'wire', protocol: 'TCP' },
    ])
  })

  test('lets in who is named, and the pods of helm test', () => {
    const [loads, prometheus] = [{ namespaceSelector: {} }, { podSelector: {} }]
    const ingress = part(policy({ from: [loads], metricsFrom: [prometheus] }), 'ingress')
    const from = (ingress as readonly { from: unknown }[]).map((rule) => rule.from)
    assert.deepEqual(from, [
      [loads, tests],
      [prometheus, tests],
    ])
  })

  test('lets nothing out but questions of names, and what is watched', () => {
    const dns = [
      { port: 53, protocol: 'UDP' },
      { port: 53, protocol: 'TCP' },
    ]
    assert.deepEqual(part(policy(), 'egress'), [{ ports: dns }])
    const own = { ports: [{ port: 9 }] }
    const all = { apiWatch: { enabled: true }, otel: { endpoint: 'http://collector:4318' } }
    const egress = part(policy({ egress: [own] }, all), 'egress') as { ports: { port: number }[] }[]
    assert.deepEqual(
      egress.map(({ ports }) => ports.map(({ port }) => port)),
      [[53, 53], [443, 6443], [4318, 4317], [9]],
    )
  })
})
