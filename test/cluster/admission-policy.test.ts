import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { until } from '../support/wait.ts'
import { mergePatch, restricted, useCluster, withoutCluster } from './cluster.ts'
import type { ConfigMap } from './objects.ts'

suite('the admission policy', { skip: withoutCluster }, () => {
  const cluster = useCluster()

  test('is in force soon after the install', async () => {
    await cluster().release('install', cluster().file({ admissionPolicy: { enabled: true } }))
    // The server compiles policies when it sees them, which is not at once.
    await until('a bad setting is refused', async () => {
      const bad = [
        ...mergePatch('hpdummy', { data: { 'limits.payload': 'much' } }),
        '--dry-run=server',
      ]
      return cluster()
        .refusal(bad)
        .then(
          () => true,
          () => false,
        )
    })
  })

  test('refuses a bad value and says which are good', async () => {
    const refusal = await cluster().refusal(
      mergePatch('hpdummy', { data: { 'limits.payload': 'much' } }),
    )
    assert.match(refusal, /denied request: limits\.payload: use a size/)
  })

  test('refuses a setting that there is not', async () => {
    const refusal = await cluster().refusal(
      mergePatch('hpdummy', { data: { 'limits.paylod': '1K', 'log.level': 'debug' } }),
    )
    assert.match(refusal, /denied request: limits\.paylod: no such setting/)
  })

  test('admits good values', async () => {
    await cluster().kubectl(
      mergePatch('hpdummy', { data: { 'limits.payload': '1K', 'log.level': 'debug' } }),
    )
    const { data } = await cluster().read<ConfigMap>(`configmap hpdummy -n ${restricted}`)
    assert.deepEqual(data, { 'limits.payload': '1K', 'log.level': 'debug' })
  })

  test('leaves other ConfigMaps of the namespace alone', async () => {
    const bad = '--from-literal=limits.paylod=1K'
    await cluster().kubectl(`create configmap other ${bad} -n ${restricted}`)
  })
})
