import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { until } from '../support/wait.ts'
import { restricted, useCluster, withoutCluster } from './cluster.ts'
import type { Deployment } from './objects.ts'

const create = (path: string): string =>
  `create -f ${path} --dry-run=server --validate=strict -n ${restricted}`

suite('PodSecurity, enforcing restricted', { skip: withoutCluster }, () => {
  const cluster = useCluster()

  test('admits the pod of the defaults and the pods of helm test', async (t) => {
    await cluster().release('install')
    const { spec } = await cluster().read<Deployment>(`deployment hpdummy -n ${restricted}`)
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'pod' },
      spec: spec.template.spec,
    }
    await cluster().kubectl(create(cluster().file(pod)))
    const tests = cluster().file(await cluster().helm(`get hooks hpdummy -n ${restricted}`))
    const admitted = await cluster().kubectl(create(tests))
    t.diagnostic(admitted.trim().replaceAll('\n', ', '))
    assert.match(admitted, /^pod\/hpdummy-test.* created/m)
  })

  test('refuses a privileged pod', async () => {
    const refusal = await cluster().refusal(
      `run privileged --image=hpdummy --privileged --dry-run=server -n ${restricted}`,
    )
    assert.match(refusal, /violates PodSecurity "restricted:latest": privileged/)
  })

  test('refuses the pods of a release on the network of the node', async () => {
    await cluster().release('upgrade', cluster().file({ hostNetwork: true }))
    let refusal = ''
    await until('the Deployment says that its pods are refused', async () => {
      const { status } = await cluster().read<Deployment>(`deployment hpdummy -n ${restricted}`)
      const failure = status.conditions?.find(({ type }) => type === 'ReplicaFailure')
      refusal = failure?.message ?? ''
      return failure?.status === 'True'
    })
    assert.match(refusal, /violates PodSecurity "restricted:latest": host namespaces/)
  })
})
