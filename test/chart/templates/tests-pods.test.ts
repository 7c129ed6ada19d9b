import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'

import { render, withoutHelm } from '../../support/chart/helm.ts'
import { ofKind, part } from '../../support/chart/part.ts'
import { chart } from '../../support/chart/values.ts'
import { restrictedProblems } from '../pod-security.ts'

const names = (values: object): readonly string[] =>
  ofKind(render({ values }), 'Pod').map(({ metadata }) =>
    metadata.name.replace('hpdummy-test-', ''),
  )

suite('tests/pods.yaml', { skip: withoutHelm() }, () => {
  test('tries what there is', () => {
    const all = ['config', 'echo', 'grpc-health', 'payload', 'websocket', 'wire']
    assert.deepEqual(names({}).toSorted(), all)
    const off = { http: { enabled: false }, grpc: { enabled: false } }
    assert.deepEqual(names({ ports: off }).toSorted(), ['config', 'wire'])
    assert.ok(!names({ config: { wire: { port: 'none' } } }).includes('wire'))
  })

  test('runs the tested scripts under node, by the names of the Services', () => {
    for (const pod of ofKind(render(), 'Pod')) {
      const name = pod.metadata.name.replace('hpdummy-test-', '')
      const command = part(pod, 'spec.containers.0.command') as readonly string[]
      assert.deepEqual(command.slice(0, 3), ['node', '--input-type=module', '--eval'])
      const script = readFileSync(`${chart}/files/tests/${name}.mjs`, 'utf8')
      assert.equal(command[3]?.trim(), script.trim())
      assert.deepEqual(part(pod, 'spec.containers.0.env'), [
        { name: 'ADMIN', value: 'http://hpdummy-metrics:9000' },
        ...(name === 'config' ? [{ name: 'SETTINGS', value: '/etc/hpdummy' }] : []),
        { name: 'GRPC', value: 'http://hpdummy:50051' },
        { name: 'ORIGIN', value: 'http://hpdummy:80' },
        { name: 'WIRE', value: 'http://hpdummy:8081' },
      ])
      const volumes =
        name === 'config' ? [{ name: 'config', configMap: { name: 'hpdummy' } }] : undefined
      assert.deepEqual(part(pod, 'spec.volumes'), volumes)
      assert.equal(part(pod, 'spec.containers.0.image'), 'hpdummy:0.1.0')
    }
  })

  test('are hooks, restricted, and no pods of the Service', () => {
    for (const pod of ofKind(render(), 'Pod')) {
      assert.equal(pod.metadata.annotations?.['helm.sh/hook'], 'test')
      assert.equal(pod.metadata.labels['app.kubernetes.io/component'], 'test')
      assert.deepEqual(restrictedProblems(pod), [])
      assert.equal(part(pod, 'spec.restartPolicy'), 'Never')
    }
  })
})
