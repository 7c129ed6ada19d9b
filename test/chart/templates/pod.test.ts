import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { withoutHelm } from '../../support/chart/helm.ts'
import { field, part, podSpec } from '../../support/chart/part.ts'
import { restrictedProblems } from '../pod-security.ts'

const checksum = (values: object): unknown =>
  field(part(podSpec(values), 'metadata.annotations'), 'checksum/config')

const volumes = (values: object): readonly string[] =>
  (part(podSpec(values), 'spec.volumes') as { name: string }[]).map(({ name }) => name)

suite('_pod.tpl', { skip: withoutHelm() }, () => {
  test('passes the restricted Pod Security Standard, and writes to no root', () => {
    assert.deepEqual(restrictedProblems(podSpec()), [])
    assert.deepEqual(restrictedProblems(podSpec({ hostNetwork: true })), ['hostNetwork'])
    const loose = { securityContext: { capabilities: { drop: null, add: ['NET_ADMIN'] } } }
    assert.deepEqual(restrictedProblems(podSpec(loose)), [
      'hpdummy keeps capabilities',
      'hpdummy adds capabilities',
    ])
  })

  test('has no token and no links to Services', () => {
    assert.equal(part(podSpec(), 'spec.automountServiceAccountToken'), false)
    assert.equal(part(podSpec(), 'spec.enableServiceLinks'), false)
    assert.equal(part(podSpec(), 'spec.serviceAccountName'), 'default')
  })

  test('rolls for settings that need a new process, and for no others', () => {
    const before = checksum({})
    const live = [
      { config: { log: { level: 'debug' } } },
      { config: { workers: 3, drain: { quiet: '1s' } } },
      { config: { limits: { payload: '1G' }, heap: { profile: 'memory' } } },
      { config: { keepAlive: { idle: '5s' }, wire: { proxyProtocol: 'required' } } },
      { config: { grpc: { status: 'INTERNAL:5' }, faults: { enabled: false } } },
      { ports: { 'tcp-echo': { enabled: true }, http: { enabled: false } } },
    ]
    for (const values of live) assert.equal(checksum(values), before, JSON.stringify(values))
    const restarting = [
      { config: { http: { port: 8088 } } },
      { config: { limits: { headerBytes: '32K' } } },
      { config: { tls: { selfSigned: true } } },
      { config: { wire: { port: 'none' } } },
      { config: { udp: { echoPort: 7008 } } },
      { config: { tcp: { backlog: 128 } } },
      { config: { tls: { selfSigned: true, minVersion: 'TLSv1.3' } } },
      { tls: { secretName: 'a' } },
      { tls: { secretName: 'a', clientCa: { secretName: 'b' } } },
      { tls: { secretName: 'a', sni: [{ name: 'a.io', secretName: 'b' }] } },
    ]
    const sums = restarting.map(checksum)
    assert.equal(new Set([before, ...sums]).size, restarting.length + 1)
  })

  test('spreads over nodes and zones, old pods of a rollout not counted', () => {
    const spread = part(podSpec(), 'spec.topologySpreadConstraints') as readonly {
      readonly topologyKey: string
      readonly whenUnsatisfiable: string
      readonly matchLabelKeys: readonly string[]
    }[]
    assert.deepEqual(
      spread.map(({ topologyKey }) => topologyKey),
      ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'],
    )
    for (const { whenUnsatisfiable, matchLabelKeys } of spread) {
      assert.equal(whenUnsatisfiable, 'ScheduleAnyway')
      assert.deepEqual(matchLabelKeys, ['pod-template-hash'])
    }
    const off = podSpec({ topologySpread: { enabled: false } })
    assert.equal(part(off, 'spec.topologySpreadConstraints'), undefined)
  })

  test('mounts what there is', () => {
    assert.deepEqual(volumes({}), ['config', 'tmp'])
    const more = { tls: { secretName: 'a' }, extraVolumes: [{ name: 'more', emptyDir: {} }] }
    assert.deepEqual(volumes(more), ['config', 'tmp', 'tls', 'more'])
  })

  test('takes what a cluster asks of pods', () => {
    const spec = part(
      podSpec({
        imagePullSecrets: [{ name: 'pull' }],
        nodeSelector: { a: 'b' },
        tolerations: [{ operator: 'Exists' }],
        affinity: { nodeAffinity: {} },
        priorityClassName: 'high',
        runtimeClassName: 'gvisor',
        hostNetwork: true,
        hostUsers: false,
        initContainers: [{ name: 'first' }],
        extraContainers: [{ name: 'beside' }],
        extraPodSpec: { shareProcessNamespace: true },
        podSecurityContext: { sysctls: [{ name: 'net.core.somaxconn', value: '4096' }] },
      }),
      'spec',
    ) as Record<string, unknown>
    assert.deepEqual(spec['imagePullSecrets'], [{ name: 'pull' }])
    assert.deepEqual(spec['nodeSelector'], { a: 'b' })
    assert.deepEqual(spec['tolerations'], [{ operator: 'Exists' }])
    assert.deepEqual(spec['affinity'], { nodeAffinity: {} })
    assert.equal(spec['priorityClassName'], 'high')
    assert.equal(spec['runtimeClassName'], 'gvisor')
    assert.equal(spec['hostNetwork'], true)
    assert.equal(spec['dnsPolicy'], 'ClusterFirstWithHostNet')
    assert.equal(spec['hostUsers'], false)
    assert.deepEqual(spec['initContainers'], [{ name: 'first' }])
    assert.equal((spec['containers'] as object[]).length, 2)
    assert.equal(spec['shareProcessNamespace'], true)
    const { sysctls, runAsNonRoot } = spec['securityContext'] as Record<string, unknown>
    assert.deepEqual([sysctls !== undefined, runAsNonRoot], [true, true])
  })
})
