import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { type RenderOptions, render, withoutHelm } from '../helm.ts'
import { ofKind, only, part } from '../part.ts'

interface Port {
  readonly name: string
  readonly port: number
  readonly targetPort: string
  readonly protocol: string
  readonly appProtocol?: string
  readonly nodePort?: number
}

const ports = (values: object, name = 'hpdummy', more: RenderOptions = {}): readonly Port[] =>
  part(only(render({ values, ...more }), 'Service', name), 'spec.ports') as Port[]

const shown = (values: object, name?: string): readonly string[] =>
  ports(values, name).map((port) => `${port.name} ${port.port}`)

suite('service.yaml', { skip: withoutHelm() }, () => {
  test('has the ports that are open, and no others', () => {
    assert.deepEqual(shown({}), ['http 80'])
    assert.deepEqual(shown({ tls: { secretName: 'a' } }), ['http 80', 'https 443'])
    assert.deepEqual(shown({ config: { tls: { selfSigned: true } } }), ['http 80', 'https 443'])
    assert.deepEqual(shown({ ports: { http: { enabled: false } }, tls: { secretName: 'a' } }), [
      'https 443',
    ])
  })

  test('has a port for each row of ports', () => {
    const echo = { enabled: true, containerPort: 7007, port: 7, protocol: 'UDP' }
    const [port] = ports({ ports: { echo } })
    assert.deepEqual(port, { name: 'echo', port: 7, targetPort: 'echo', protocol: 'UDP' })
    const grpc = { enabled: true, containerPort: 50_051 }
    assert.equal(
      ports({ ports: { grpc } }).find(({ name }) => name === 'grpc')?.appProtocol,
      'kubernetes.io/h2c',
    )
  })

  test('resolves to the pods, on the ports they have, by the headless name', () => {
    const values = { config: { http: { port: 8088 } } }
    assert.deepEqual(shown(values, 'hpdummy-headless'), ['http 8088'])
    const headless = only(render({ values }), 'Service', 'hpdummy-headless')
    assert.equal(part(headless, 'spec.clusterIP'), 'None')
    const off = render({ values: { service: { headless: false } } })
    assert.equal(ofKind(off, 'Service').length, 2)
  })

  test('has the admin port by itself, for pods that are not ready too', () => {
    assert.deepEqual(shown({}, 'hpdummy-metrics'), ['admin 9000'])
    const metrics = only(render(), 'Service', 'hpdummy-metrics')
    assert.equal(part(metrics, 'spec.publishNotReadyAddresses'), true)
    for (const name of ['hpdummy', 'hpdummy-headless']) {
      assert.ok(!shown({}, name).some((port) => port.startsWith('admin')))
    }
  })

  test('takes what a cluster asks of Services', () => {
    const values = {
      service: {
        type: 'LoadBalancer',
        annotations: { a: 'b' },
        trafficDistribution: 'PreferClose',
        internalTrafficPolicy: 'Local',
        externalTrafficPolicy: 'Local',
        ipFamilyPolicy: 'SingleStack',
        loadBalancerClass: 'c',
      },
      ports: { http: { nodePort: 30_080 } },
    }
    const service = only(render({ values }), 'Service', 'hpdummy')
    const { type, annotations, ...spec } = { ...values.service, ...(service['spec'] as object) }
    assert.equal(type, 'LoadBalancer')
    assert.deepEqual(service.metadata.annotations, annotations)
    assert.equal(spec.trafficDistribution, 'PreferClose')
    assert.equal(part(service, 'spec.internalTrafficPolicy'), 'Local')
    assert.equal(part(service, 'spec.externalTrafficPolicy'), 'Local')
    assert.equal(part(service, 'spec.ipFamilyPolicy'), 'SingleStack')
    assert.equal(part(service, 'spec.loadBalancerClass'), 'c')
    assert.equal(ports(values)[0]?.nodePort, 30_080)
    // Kubernetes refuses it for what has no outside.
    const inner = only(render(), 'Service', 'hpdummy')
    assert.equal(part(inner, 'spec.externalTrafficPolicy'), undefined)
  })
})
