import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { render, withoutHelm } from '../../support/chart/helm.ts'
import { ofKind, part, renderOnly } from '../../support/chart/part.ts'

const parentRefs = [{ name: 'public', namespace: 'gateways' }]

suite('httproute.yaml', { skip: withoutHelm() }, () => {
  test('is off', () => assert.deepEqual(ofKind(render(), 'HTTPRoute'), []))

  test('sends everything to the port of the Service', () => {
    const httpRoute = { enabled: true, parentRefs, hostnames: ['a.io'], annotations: { a: 'b' } }
    const route = renderOnly('HTTPRoute', { httpRoute, ports: { http: { port: 8000 } } })
    assert.deepEqual(route.metadata.annotations, { a: 'b' })
    assert.deepEqual(route['spec'], {
      parentRefs,
      hostnames: ['a.io'],
      rules: [{ backendRefs: [{ name: 'hpdummy', port: 8000 }] }],
    })
  })

  test('leads to the wire port when it is told to', () => {
    const httpRoute = { enabled: true, port: 'wire', parentRefs }
    const route = renderOnly('HTTPRoute', { httpRoute })
    assert.deepEqual(part(route, 'spec.rules.0.backendRefs.0.port'), 8081)
  })

  test('takes other rules', () => {
    const rules = [{ backendRefs: [{ name: 'other', port: 1 }] }]
    const route = renderOnly('HTTPRoute', { httpRoute: { enabled: true, parentRefs, rules } })
    assert.deepEqual(part(route, 'spec.rules'), rules)
  })
})
