import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { until } from '../support/wait.ts'
import { mergePatch, restricted, useCluster, withoutCluster } from './cluster.ts'
import type { ConfigMap, Deployment, List } from './objects.ts'

const everything = 'test/cluster/everything.yaml'

suite('a release of the chart', { skip: withoutCluster }, () => {
  const cluster = useCluster()

  const read = <T>(what: string): Promise<T> => cluster().read<T>(`${what} -n ${restricted}`)
  const payloadLimit = async (): Promise<string | undefined> =>
    (await read<ConfigMap>('configmap hpdummy')).data?.['limits.payload']
  const deployment = (): Promise<Deployment> => read<Deployment>('deployment hpdummy')

  /** How many pods the controllers made and PodSecurity let them make. */
  const countPods = async (): Promise<number> =>
    (await read<List<unknown>>('pods -l app.kubernetes.io/instance=hpdummy')).items.length

  test('with everything on is installed whole', async (t) => {
    await cluster().release('install', everything)
    const manifest = cluster().file(await cluster().helm(`get manifest hpdummy -n ${restricted}`))
    const { items } = await cluster().read<List<{ readonly kind: string }>>(
      `-f ${manifest} -n ${restricted}`,
    )
    const kinds = [...new Set(items.map(({ kind }) => kind))].toSorted()
    t.diagnostic(`${items.length} objects: ${kinds.join(', ')}`)
    assert.deepEqual(kinds, [
      'Certificate',
      'ConfigMap',
      'Deployment',
      'GRPCRoute',
      'HTTPRoute',
      'HorizontalPodAutoscaler',
      'Ingress',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'PrometheusRule',
      'Role',
      'RoleBinding',
      'Service',
      'ServiceAccount',
      'ServiceMonitor',
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionPolicyBinding',
      'VerticalPodAutoscaler',
    ])
  })

  test('has its pods admitted where PodSecurity enforces restricted', async () => {
    await until('there are pods', async () => (await countPods()) > 0)
  })

  test('rolls no pod for a setting that is followed live', async () => {
    const before = await deployment()
    const values = cluster().file({ config: { limits: { payload: '2G' } } })
    await cluster().release('upgrade', everything, values)
    assert.equal(await payloadLimit(), '2G')
    const after = await deployment()
    assert.deepEqual(after.spec.template, before.spec.template)
    assert.equal(after.metadata.generation, before.metadata.generation)
  })

  test('rolls the pods for a setting that needs a new process', async () => {
    const values = cluster().file({ config: { limits: { headerBytes: '32K' } } })
    await cluster().release('upgrade', everything, values)
    await until('a second ReplicaSet makes pods', async () => {
      const { items } = await read<List<unknown>>('replicasets')
      return items.length === 2
    })
  })

  test('leaves an edited setting to whoever edited it, until it is told not to', async () => {
    await cluster().kubectl(mergePatch('hpdummy', { data: { 'limits.payload': '3G' } }))
    await assert.rejects(cluster().release('upgrade', everything), /conflict with "kubectl-patch"/)
    assert.equal(await payloadLimit(), '3G')
    const words = `upgrade hpdummy charts/hpdummy -n ${restricted} --values=${everything}`
    await cluster().helm(`${words} --reset-values --force-conflicts`)
    assert.equal(await payloadLimit(), '1G')
  })

  test('goes back to what it was', async () => {
    await cluster().helm(`rollback hpdummy 1 -n ${restricted}`)
    const { data } = await read<ConfigMap>('configmap hpdummy')
    assert.equal(data?.['limits.payload'], '1G')
    assert.equal(data['limits.headerBytes'], undefined)
  })

  test('leaves nothing behind', async () => {
    const manifest = cluster().file(await cluster().helm(`get manifest hpdummy -n ${restricted}`))
    await cluster().helm(`uninstall hpdummy -n ${restricted}`)
    await until('all objects are gone', async () => {
      const left = await cluster().kubectl(
        `get -f ${manifest} -n ${restricted} --ignore-not-found -o name`,
      )
      return left === ''
    })
    await until('all pods are gone', async () => (await countPods()) === 0)
  })
})
