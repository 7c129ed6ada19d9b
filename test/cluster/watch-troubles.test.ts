import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { untilConfigz } from '../support/configz.ts'
import { restricted, useCluster, withoutCluster } from './cluster.ts'
import {
  mountedPayload,
  patchPayload,
  startWatching,
  untilPayload,
  untilWatching,
} from './watching.ts'

const refusal =
  /^cannot list configmap restricted\/hpdummy: 403 .*User "system:serviceaccount:restricted:\w+" cannot list resource "configmaps"/

suite('an API server that does not say', { skip: withoutCluster }, () => {
  const cluster = useCluster()

  test('the release is there', () =>
    cluster().release('install', cluster().file({ apiWatch: { enabled: true } })))

  test('when it dies: missed, and followed again', async (t) => {
    await patchPayload(cluster(), '1K')
    const origin = await startWatching(t, { cluster: cluster(), watch: 'both' })
    await untilPayload(origin, '1K')
    await untilWatching(origin)
    await cluster().plane.crashServer()
    const { problem } = await origin.waitForLog(
      ({ msg }) => msg === 'the ConfigMap cannot be followed',
    )
    t.diagnostic(String(problem))
    await patchPayload(cluster(), '5K')
    await untilPayload(origin, '5K')
  })

  test('to an account without the Role: told in its own words, the mounted file serves', async (t) => {
    await cluster().kubectl(`create serviceaccount stranger -n ${restricted}`)
    const account = { cluster: cluster(), watch: 'both', account: 'stranger' } as const
    const origin = await startWatching(t, account)
    const { watch, effective } = await untilConfigz(origin, 'refused', (page) =>
      refusal.test(page.watch?.problem ?? ''),
    )
    t.diagnostic(watch?.problem ?? '')
    assert.equal(effective['limits.payload'], mountedPayload)
    const [allowed, beyond] = await Promise.all(
      ['7K', '8K'].map((size) => fetch(`${origin.url}/bin/${size}`)),
    )
    assert.deepEqual([allowed?.status, beyond?.status], [200, 400])
  })

  test('to an account that gets the Role later: followed from then on', async (t) => {
    await cluster().kubectl(`create serviceaccount latecomer -n ${restricted}`)
    const account = { cluster: cluster(), watch: 'both', account: 'latecomer' } as const
    const origin = await startWatching(t, account)
    await untilConfigz(origin, 'refused', (page) => refusal.test(page.watch?.problem ?? ''))
    const subject = `--serviceaccount=${restricted}:latecomer`
    await cluster().kubectl(`create rolebinding late --role=hpdummy ${subject} -n ${restricted}`)
    await patchPayload(cluster(), '6K')
    await untilPayload(origin, '6K')
  })
})
