import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { render, withoutHelm } from '../support/chart/helm.ts'

/** Values that would not work, and the words of the refusal. */
const refusals: readonly (readonly [values: object, said: RegExp])[] = [
  // Unknown keys, at every depth.
  [{ replica: 2 }, /additional properties 'replica' not allowed/],
  [{ image: { name: 'x' } }, /at '\/image': additional properties 'name' not allowed/],
  [{ config: { logs: {} } }, /at '\/config': additional properties 'logs' not allowed/],
  [{ config: { log: { levels: 'info' } } }, /at '\/config\/log': additional properties 'levels'/],
  [{ ports: { http: { hostPort: 80 } } }, /at '\/ports\/http': additional properties 'hostPort'/],
  [{ ports: { 'Bad Name': { enabled: true, port: 1 } } }, /at '\/ports': additional prop/],
  [{ ports: { admin: { enabled: true, port: 1 } } }, /at '\/ports\/admin': false schema/],
  [{ resources: { limit: {} } }, /at '\/resources': additional properties 'limit'/],
  [
    { probes: { liveness: { path: '/' } } },
    /at '\/probes\/liveness': additional properties 'path'/,
  ],
  [{ metrics: { serviceMonitor: { interval: '1s' } } }, /additional properties 'interval'/],
  // Types and words.
  [{ replicas: '2' }, /at '\/replicas': got string, want integer/],
  [{ replicas: -1 }, /at '\/replicas': minimum: got -1, want 0/],
  [{ kind: 'StatefulSet' }, /at '\/kind': value must be one of 'Deployment', 'DaemonSet'/],
  [{ image: { digest: 'latest' } }, /at '\/image\/digest': 'latest' does not match pattern/],
  [{ drain: { profile: 'elb' } }, /at '\/drain\/profile': value must be one of 'kube'/],
  [{ drain: { preStopSeconds: '5s' } }, /at '\/drain\/preStopSeconds'/],
  [{ otel: { sampleRatio: 2 } }, /at '\/otel\/sampleRatio': maximum: got 2, want 1/],
  [{ extraArgs: '--help' }, /at '\/extraArgs': got string, want array/],
  [{ resources: { limits: { cpu: 'two' } } }, /at '\/resources\/limits\/cpu'/],
  // Settings, by the program's own rules.
  [{ config: { log: { level: 'loud' } } }, /value must be one of 'debug', 'info', 'warn'/],
  [{ config: { workers: 257 } }, /at '\/config\/workers'/],
  [{ config: { workers: 'all' } }, /at '\/config\/workers'/],
  [{ config: { drain: { quiet: 'soon' } } }, /at '\/config\/drain\/quiet'/],
  [{ config: { buffer: { size: '8M' } } }, /at '\/config\/buffer\/size'/],
  [{ config: { buffer: { size: 1024 } } }, /at '\/config\/buffer\/size': minimum|\/buffer\/size/],
  [{ config: { limits: { payload: 'lots' } } }, /at '\/config\/limits\/payload'/],
  [{ config: { http: { port: 'none' } } }, /at '\/config\/http\/port': got string, want integer/],
  [{ config: { wire: { port: 0 } } }, /at '\/config\/wire\/port'/],
  [{ config: { tcp: { backlog: 0 } } }, /at '\/config\/tcp\/backlog': minimum: got 0, want 1/],
  [{ config: { grpc: { status: 'BROKEN:5' } } }, /at '\/config\/grpc\/status'/],
  [{ config: { http: { port: 0 } } }, /at '\/config\/http\/port': minimum: got 0, want 1/],
  [{ config: { tls: { selfSigned: 'maybe' } } }, /at '\/config\/tls\/selfSigned': got string/],
  // Settings that other values make, or that have no place in a ConfigMap.
  [
    { config: { admin: { token: 'secret' } } },
    /at '\/config\/admin': additional properties 'token'/,
  ],
  [{ config: { tls: { certFile: '/x' } } }, /at '\/config\/tls': additional properties 'certFile'/],
  [{ config: { tls: { sniDirectory: '/x' } } }, /additional properties 'sniDirectory'/],
  [{ config: { tls: { clientCaFile: '/x' } } }, /additional properties 'clientCaFile'/],
  [{ tls: { sni: [{ name: '../a', secretName: 'b' }] } }, /at '\/tls\/sni\/0\/name'/],
  [{ tls: { clientCa: { key: '../ca' } } }, /at '\/tls\/clientCa\/key'/],
  [{ config: { kubernetes: { watch: 'api' } } }, /additional properties 'kubernetes' not allowed/],
  // Values that exclude or need each other.
  [
    { autoscaling: { enabled: true }, keda: { enabled: true, prometheusAddress: 'http://p' } },
    /autoscaling\.enabled and keda\.enabled exclude each other: two scalers would fight/,
  ],
  [
    { kind: 'DaemonSet', autoscaling: { enabled: true } },
    /kind DaemonSet has one pod on each node/,
  ],
  [
    { metrics: { serviceMonitor: { enabled: true }, podMonitor: { enabled: true } } },
    /serviceMonitor\.enabled and metrics\.podMonitor\.enabled exclude each other/,
  ],
  [{ keda: { enabled: true } }, /keda needs something to scale by: set keda\.prometheusAddress/],
  [
    { tls: { certManager: { enabled: true } } },
    /tls\.certManager\.enabled needs tls\.certManager\.issuerRef, such as/,
  ],
  [
    { tls: { secretName: 'x' }, config: { tls: { selfSigned: true } } },
    /config\.tls\.selfSigned and a certificate from a Secret exclude each other/,
  ],
  [
    { downwardAPI: { cpu: true }, resources: { limits: { cpu: null } } },
    /downwardAPI\.cpu needs resources\.limits\.cpu/,
  ],
  [
    { downwardAPI: { memory: true }, resources: { limits: { memory: null } } },
    /downwardAPI\.memory needs resources\.limits\.memory/,
  ],
  [
    { tls: { clientCa: { secretName: 'a', configMapName: 'b' }, secretName: 'x' } },
    /clientCa\.secretName and tls\.clientCa\.configMapName exclude each other/,
  ],
  [{ tls: { clientCa: { secretName: 'a' } } }, /tls\.clientCa needs a certificate: set tls\./],
  [{ tls: { sni: [{ name: 'a', secretName: 'b' }] } }, /tls\.sni needs a certificate: set tls\./],
  [
    { ports: { grpc: { enabled: false } }, grpcRoute: { enabled: true, parentRefs: [{}] } },
    /grpcRoute needs ports\.grpc: set ports\.grpc\.enabled to true/,
  ],
  [
    { config: { grpc: { port: 'none' } }, grpcRoute: { enabled: true, parentRefs: [{}] } },
    /grpcRoute needs ports\.grpc: config\.grpc\.port is none/,
  ],
  [
    { ingress: { enabled: true, port: 'wire-tls' } },
    /ingress needs ports\.wire-tls, which opens with a certificate: set tls\./,
  ],
  [{ ingress: { enabled: true, port: 'web' } }, /ingress\.port is "web": ports has no such row/],
  [
    { ports: { web: { enabled: true, port: 1, setting: 'web.port' } } },
    /ports\.web is enabled, but hpdummy 0\.1\.0 has no setting "web\.port"/,
  ],
  [
    { config: { wire: { port: 8080 } } },
    /config\.http\.port and config\.wire\.port are both 8080\/TCP: each listener has a port/,
  ],
  [
    { config: { tcp: { echoPort: 9000 } } },
    /config\.admin\.port and config\.tcp\.echoPort are both 9000\/TCP/,
  ],
  [{ httpRoute: { enabled: true } }, /httpRoute needs httpRoute\.parentRefs, such as/],
  [
    { ingress: { enabled: true }, ports: { http: { enabled: false } } },
    /ingress needs ports\.http: set ports\.http\.enabled to true/,
  ],
  [{ verify: { enabled: true } }, /verify\.enabled needs verify\.url, such as http/],
  [{ verify: { url: 'gateway:80' } }, /at '\/verify\/url'/],
  // Drains that would be cut short.
  [
    { terminationGracePeriodSeconds: 44 },
    /terminationGracePeriodSeconds is 44, but preStop \(5\) \+ config\.drain\.deadline \(30\) \+ 10 take 45/,
  ],
  [
    { drain: { profile: 'nlb' }, terminationGracePeriodSeconds: 60 },
    /is 60, but preStop \(30\) .* take 70 seconds/,
  ],
  [
    { config: { drain: { deadline: '1.5m' } }, terminationGracePeriodSeconds: 100 },
    /config\.drain\.deadline \(90\) \+ 10 take 105 seconds/,
  ],
]

/** What a Kubernetes that is too old for it is told. */
const tooOld: readonly (readonly [values: object, kubeVersion: string, said: RegExp])[] = [
  [{ admissionPolicy: { enabled: true } }, '1.29.15', /admissionPolicy needs Kubernetes 1\.30/],
  [
    { service: { trafficDistribution: 'PreferClose' } },
    '1.30.0',
    /needs Kubernetes 1\.31, this is/,
  ],
  [
    { autoscaling: { enabled: true, behavior: { scaleUp: { tolerance: 0.1 } } } },
    '1.34.0',
    /tolerance in autoscaling\.behavior needs Kubernetes 1\.35, this is v1\.34\.0/,
  ],
]

suite('the chart refuses', { skip: withoutHelm() }, () => {
  for (const [values, said] of refusals) {
    test(JSON.stringify(values), () => assert.throws(() => render({ values }), said))
  }

  for (const [values, kubeVersion, said] of tooOld) {
    test(`${JSON.stringify(values)} on ${kubeVersion}`, () =>
      assert.throws(() => render({ values, kubeVersion }), said))
  }

  test('nothing of a chart above it', () => {
    assert.ok(render({ values: { global: { anything: { goes: true } } } }).length > 0)
    assert.ok(render({ values: { enabled: true } }).length > 0)
  })
})
