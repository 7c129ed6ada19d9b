import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { render, withoutHelm } from '../../support/chart/helm.ts'
import { ofKind, part, renderOnly } from '../../support/chart/part.ts'

const idle = 'alb.ingress.kubernetes.io/load-balancer-attributes'

suite('ingress.yaml', { skip: withoutHelm() }, () => {
  test('is off', () => assert.deepEqual(ofKind(render(), 'Ingress'), []))

  test('sends each host, or all, to the port of the Service', () => {
    const backend = { service: { name: 'hpdummy', port: { number: 8000 } } }
    const http = { paths: [{ path: '/', pathType: 'Prefix', backend }] }
    const ports = { http: { port: 8000 } }
    const ingress = {
      enabled: true,
      className: 'nginx',
      hosts: ['a.io', 'b.io'],
      tlsSecretName: 's',
    }
    assert.deepEqual(renderOnly('Ingress', { ingress, ports })['spec'], {
      ingressClassName: 'nginx',
      tls: [{ secretName: 's', hosts: ['a.io', 'b.io'] }],
      rules: [
        { host: 'a.io', http },
        { host: 'b.io', http },
      ],
    })
    assert.deepEqual(renderOnly('Ingress', { ingress: { enabled: true }, ports })['spec'], {
      rules: [{ http }],
    })
    const wire = renderOnly('Ingress', { ingress: { enabled: true, port: 'wire' } })
    const path = part(wire, 'spec.rules.0.http.paths.0')
    assert.equal(part(path, 'backend.service.port.number'), 8081)
  })

  test('tells an ALB to let go before the origin does, which is after 10 s', () => {
    const values = { drain: { profile: 'alb' }, ingress: { enabled: true } }
    const { annotations = {} } = renderOnly('Ingress', values).metadata
    const seconds = Number(/idle_timeout\.timeout_seconds=(\d+)/.exec(annotations[idle] ?? '')?.[1])
    assert.ok(seconds > 0 && seconds < 10)
    assert.equal(annotations['alb.ingress.kubernetes.io/target-type'], 'ip')
  })

  test('lets the user’s annotations win', () => {
    const annotations = { [idle]: 'idle_timeout.timeout_seconds=5', other: 'x' }
    const values = { drain: { profile: 'alb' }, ingress: { enabled: true, annotations } }
    const given = renderOnly('Ingress', values).metadata.annotations ?? {}
    assert.equal(given[idle], 'idle_timeout.timeout_seconds=5')
    assert.equal(given['other'], 'x')
    const plain = renderOnly('Ingress', { ingress: { enabled: true } })
    assert.equal(part(plain, 'metadata.annotations'), undefined)
  })
})
