import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { suite, test } from 'node:test'

import { conditionOf, untilConfigz } from '../support/configz.ts'
import { until } from '../support/wait.ts'
import { restricted, useCluster, withoutCluster } from './cluster.ts'
import type { ConfigMap, Event, List } from './objects.ts'
import { patchPayload, startWatching, untilPayload, untilWatching } from './watching.ts'

// From the answer of the API server to the origin's page that says so.
const followedMs = 1000
const rounds = 10

suite("a release's ConfigMap, watched through the API", { skip: withoutCluster }, () => {
  const cluster = useCluster()

  /** Those of the origin, oldest first. */
  async function readEvents(): Promise<readonly Event[]> {
    const { items } = await cluster().read<List<Event>>(`events.events.k8s.io -n ${restricted}`)
    return items
      .filter(({ reportingController }) => reportingController === 'hpdummy')
      .toSorted((one, other) => one.eventTime.localeCompare(other.eventTime))
  }

  test('comes with the Role for it', () =>
    cluster().release('install', cluster().file({ apiWatch: { enabled: true } })))

  for (const watch of ['api', 'both'] as const) {
    test(`${watch}: a patch is followed within a second`, async (t) => {
      await patchPayload(cluster(), '1K')
      const origin = await startWatching(t, { cluster: cluster(), watch })
      await untilPayload(origin, '1K')
      await untilWatching(origin)
      const took: number[] = []
      for (let round = 2; round < 2 + rounds; round++) {
        await patchPayload(cluster(), `${round}K`)
        const patchedAt = performance.now()
        await untilPayload(origin, `${round}K`)
        took.push(Math.round(performance.now() - patchedAt))
      }
      t.diagnostic(`ms after the patch: ${took.toSorted((a, b) => a - b).join(', ')}`)
      assert.ok(Math.max(...took) < followedMs, `${Math.max(...took)} ms`)
      const { status } = await fetch(`${origin.url}/bin/${rounds + 2}K`)
      assert.equal(status, 400)
    })
  }

  test('the scenarios of k8s/ are taken', async (t) => {
    await patchPayload(cluster(), '1K')
    const origin = await startWatching(t, { cluster: cluster(), watch: 'api' })
    for (const name of readdirSync('k8s/scenarios')) {
      const words = `patch configmap hpdummy -n ${restricted} --patch-file k8s/scenarios/${name}`
      await cluster().kubectl(`${words} --type=merge`)
      const { metadata } = await cluster().read<ConfigMap>(`configmap hpdummy -n ${restricted}`)
      const page = await untilConfigz(origin, `${name} is seen`, ({ observed }) => {
        return observed.resourceVersion === metadata.resourceVersion
      })
      const { status, message } = conditionOf(page, 'Accepted')
      assert.equal(status, 'True', `${name}: ${message}`)
    }
  })

  test('what became of a change is an Event of the ConfigMap', async (t) => {
    await patchPayload(cluster(), '1K')
    await cluster().kubectl(`delete events.events.k8s.io --all -n ${restricted}`)
    const origin = await startWatching(t, { cluster: cluster(), watch: 'api' })
    await untilWatching(origin)
    await patchPayload(cluster(), 'much')
    await patchPayload(cluster(), '3K')
    await until('both are told', async () => (await readEvents()).length >= 2)
    const events = await readEvents()
    assert.deepEqual(
      events.map(({ reason, type, regarding }) => `${type} ${reason} ${regarding.name}`),
      ['Warning ConfigRejected hpdummy', 'Normal ConfigApplied hpdummy'],
    )
    const [rejected, applied] = events.map(({ note }) => note)
    assert.match(rejected ?? '', /^limits\.payload: "much" is wrong; use a size/)
    assert.equal(applied, 'version 2: limits.payload')
  })
})
