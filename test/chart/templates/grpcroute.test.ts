import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { render, withoutHelm } from '../../support/chart/helm.ts'
import { ofKind, renderOnly } from '../../support/chart/part.ts'

const parentRefs = [{ name: 'public' }]

suite('grpcroute.yaml', { skip: withoutHelm() }, () => {
  test('is off', () => assert.deepEqual(ofKind(render(), 'GRPCRoute'), []))

  test('sends everything to the gRPC port', () => {
    const grpcRoute = { enabled: true, parentRefs, hostnames: ['g.io'], annotations: { a: 'b' } }
    const route = renderOnly('GRPCRoute', { grpcRoute, config: { grpc: { port: 5000 } } })
    assert.deepEqual(route.metadata.annotations, { a: 'b' })
    assert.deepEqual(route['spec'], {
      parentRefs,
      hostnames: ['g.io'],
      rules: [{ backendRefs: [{ name: 'hpdummy', port: 50_051 }] }],
    })
  })
})
