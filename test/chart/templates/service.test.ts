import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { type RenderOptions, render, withoutHelm } from '../../support/chart/helm.ts'
import { ofKind, only, part } from '../../support/chart/part.ts'

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
  test('has HTTP and gRPC, and those of TLS with a certificate', () => {
    const clear = ['grpc 50051', 'http 80', 'wire 8081']
    const all = ['grpc-tls 50052', 'https 443', 'wire-tls 8444', ...clear].toSorted()
    assert.deepEqual(shown({}), clear)
    assert.deepEqual(shown({ tls: { secretName: 'a' } }), all)
    assert.deepEqual(shown({ config: { tls: { selfSigned: true } } }), all)
    assert.deepEqual(shown({ ports: { http: { enabled: false } } }), ['grpc 50051', 'wire 8081'])
  })

  test('has TCP and UDP when asked', () => {
    const on = { enabled: true }
    const given = ports({ ports: { 'tcp-echo': on, 'udp-echo': on, 'tcp-tls-echo': on } })
    const raw = given.filter(({ name }) => name.endsWith('echo'))
    assert.deepEqual(raw, [
      { name: 'tcp-echo', port: 7007, targetPort: 'tcp-echo', protocol: 'TCP' },
      { name: 'udp-echo', port: 7007, targetPort: 'udp-echo', protocol: 'UDP' },
    ])
  })

  test('has no port that a setting closes', () => {
    const config = { wire: { port: 'none', tlsPort: 'none' }, tls: { selfSigned: true } }
    const names = ports({ config }).map(({ name }) => name)
    assert.deepEqual(names, ['grpc', 'grpc-tls', 'http', 'https'])
  })

  test('tells gateways what each port speaks', () => {
    const given = ports({ tls: { secretName: 'a' } })
    const protocols = given.map(({ name, appProtocol }) => [name, appProtocol])
    assert.deepEqual(Object.fromEntries(protocols), {
      grpc: 'kubernetes.io/h2c',
      'grpc-tls': 'https',
      http: 'http',
      https: 'https',
      wire: 'http',
      'wire-tls': 'https',
    })
  })

  test('leads two of its ports to one of the pod, so that a gateway can choose', () => {
    const h2c = {
      enabled: true,
      setting: 'wire.port',
      port: 8082,
      appProtocol: 'kubernetes.io/h2c',
    }
    const wire = ports({ ports: { 'wire-h2c': h2c } }).filter(({ name }) => name.startsWith('wire'))
    assert.deepEqual(
      wire.map(({ port, targetPort, appProtocol }) => [port, targetPort, appProtocol]),
      [
        [8081, 'wire', 'http'],
        [8082, 'wire', 'kubernetes.io/h2c'],
      ],
    )
    // The pods' own number cannot be there twice.
    const headless = shown({ ports: { 'wire-h2c': h2c } }, 'hpdummy-headless')
    assert.deepEqual(headless, ['grpc 50051', 'http 8080', 'wire 8081'])
  })

  test('has a port for each row of ports', () => {
    const beside = { enabled: true, containerPort: 7070, port: 7, protocol: 'UDP' }
    const [port] = ports({ ports: { beside } })
    assert.deepEqual(port, { name: 'beside', port: 7, targetPort: 'beside', protocol: 'UDP' })
  })

  test('resolves to the pods, on the ports they have, by the headless name', () => {
    const values = { config: { http: { port: 8088 } } }
    const wanted = ['grpc 50051', 'http 8088', 'wire 8081']
    assert.deepEqual(shown(values, 'hpdummy-headless'), wanted)
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
    assert.equal(ports(values).find(({ name }) => name === 'http')?.nodePort, 30_080)
    // Kubernetes refuses it for what has no outside.
    const inner = only(render(), 'Service', 'hpdummy')
    assert.equal(part(inner, 'spec.externalTrafficPolicy'), undefined)
  })
})
