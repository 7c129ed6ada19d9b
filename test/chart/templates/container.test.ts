import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { withoutHelm } from '../../support/chart/helm.ts'
import { container, environment, part, podSpec } from '../../support/chart/part.ts'
import { startOrigin } from '../../support/origin.ts'
import { adminStatus } from '../../support/scrape.ts'

const image = (values: object): unknown => container(podSpec({ image: values }))['image']

const resizePolicy = (kubeVersion: string): unknown =>
  container(podSpec({}, { kubeVersion }))['resizePolicy']

// What the origin says of itself in evidence, by the downward API.
const identity = ['NODE_NAME', 'NODE_ZONE', 'POD_NAME', 'POD_NAMESPACE', 'POD_VERSION']

suite('_container.tpl', { skip: withoutHelm() }, () => {
  test('runs the image of the chart, or the one it is told', () => {
    const digest = `sha256:${'0'.repeat(64)}`
    assert.equal(image({}), 'hpdummy:0.1.0')
    assert.equal(image({ registry: 'r.io/team', tag: '2' }), 'r.io/team/hpdummy:2')
    assert.equal(image({ registry: 'r.io/', tag: '2', digest }), `r.io/hpdummy@${digest}`)
  })

  test('reads the mounted directory, and flags after it', () => {
    const own = container(podSpec({ extraArgs: ['--workers=1'] }))
    assert.deepEqual(own['args'], ['--config=/etc/hpdummy', '--workers=1'])
    assert.equal(own['command'], undefined, 'the entry point is the image’s')
    const mounts = part(own, 'volumeMounts') as readonly Record<string, unknown>[]
    assert.deepEqual(mounts[0], { name: 'config', mountPath: '/etc/hpdummy', readOnly: true })
    for (const mount of mounts) assert.equal('subPath' in mount, false)
  })

  test('is asked on the admin port; draining is no reason to be killed', () => {
    const own = container(podSpec({ config: { admin: { port: 19000 } } }))
    const asked = ['startupProbe', 'livenessProbe', 'readinessProbe'].map((probe) =>
      part(own, `${probe}.httpGet`),
    )
    assert.deepEqual(asked, [
      { path: '/startupz', port: 'admin' },
      { path: '/livez', port: 'admin' },
      { path: '/readyz', port: 'admin' },
    ])
    const ports = part(own, 'ports') as readonly { name: string; containerPort: number }[]
    assert.equal(ports.find(({ name }) => name === 'admin')?.containerPort, 19_000)
    const slow = podSpec({ probes: { startup: { failureThreshold: 600 } } })
    assert.deepEqual(part(container(slow), 'startupProbe.failureThreshold'), 600)
    assert.deepEqual(part(container(slow), 'startupProbe.periodSeconds'), 1)
  })

  test('is asked for pages there are', async (t) => {
    const origin = await startOrigin(t)
    const own = container(podSpec())
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
      assert.equal(await adminStatus(origin, String(part(own, `${probe}.httpGet.path`))), 200)
    }
  })

  test('is told which pod it is, and has no other variables unless a value asks for them', () => {
    assert.deepEqual([...environment({}).keys()].toSorted(), identity)
  })

  test('takes the token from a Secret', () => {
    const env = environment({ admin: { tokenSecret: { name: 'admin' } } })
    assert.deepEqual(part(env.get('HPDUMMY_ADMIN_TOKEN'), 'valueFrom'), {
      secretKeyRef: { name: 'admin', key: 'token' },
    })
  })

  test('is told of the ConfigMap it watches', () => {
    const env = environment({ apiWatch: { enabled: true }, fullnameOverride: 'mine' })
    assert.equal(part(env.get('HPDUMMY_KUBERNETES_WATCH'), 'value'), 'both')
    assert.equal(part(env.get('HPDUMMY_KUBERNETES_CONFIG_MAP'), 'value'), 'load/mine')
  })

  test('counts by its limits when it must', () => {
    const env = environment({ downwardAPI: { cpu: true, memory: true } })
    const names = [...env.keys()]
    assert.ok(
      names.indexOf('CPU_LIMIT_MILLICORES') < names.indexOf('HPDUMMY_QUOTA_CPUS'),
      'a variable can only use those before it',
    )
    const read = (name: string, path: string): unknown => part(env.get(name), path)
    const of = 'valueFrom.resourceFieldRef'
    assert.equal(read('CPU_LIMIT_MILLICORES', `${of}.divisor`), '1m')
    assert.equal(read('HPDUMMY_QUOTA_CPUS', 'value'), '$(CPU_LIMIT_MILLICORES)m')
    assert.equal(read('HPDUMMY_QUOTA_MEMORY', `${of}.resource`), 'limits.memory')
  })

  test('traces where it is told to, as the pod it is', () => {
    const endpoint = 'http://collector:4318'
    assert.deepEqual([...environment({ otel: { sampleRatio: 1 } }).keys()].toSorted(), identity)
    const env = environment({ otel: { endpoint, sampleRatio: 0.25 } })
    const value = (name: string): unknown => part(env.get(name), 'value')
    assert.equal(value('OTEL_EXPORTER_OTLP_ENDPOINT'), endpoint)
    assert.equal(value('OTEL_TRACES_SAMPLER'), 'parentbased_traceidratio')
    assert.equal(value('OTEL_TRACES_SAMPLER_ARG'), '0.25')
    const attributes = String(value('OTEL_RESOURCE_ATTRIBUTES'))
    const names = [...env.keys()]
    const used = [...attributes.matchAll(/\$\((\w+)\)/g)].map(([, name = '']) => name)
    assert.equal(used.length, 3)
    for (const name of used) {
      assert.ok(names.indexOf(name) < names.indexOf('OTEL_RESOURCE_ATTRIBUTES'), name)
      assert.notEqual(part(env.get(name), 'valueFrom.fieldRef.fieldPath'), undefined)
    }
    assert.ok(attributes.includes('k8s.namespace.name=load'))
  })

  test('is resized in place where Kubernetes can', () => {
    assert.equal(resizePolicy('1.32.0'), undefined)
    assert.deepEqual(resizePolicy('1.33.0'), [
      { resourceName: 'cpu', restartPolicy: 'NotRequired' },
      { resourceName: 'memory', restartPolicy: 'NotRequired' },
    ])
  })
})
