import type { TestContext } from 'node:test'

import { untilConfigz } from '../support/configz.ts'
import { MountedSettings } from '../support/mounted-settings.ts'
import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { type Cluster, mergePatch, restricted } from './cluster.ts'

/** How an origin of this machine goes to the cluster. */
export interface Watching {
  readonly cluster: Cluster
  readonly watch: 'api' | 'both'
  /** The ServiceAccount whose token it has; the release's unless said. */
  readonly account?: string
}

/** What the mounted file says where there is one (`both`). */
export const mountedPayload = '7K'

/** An origin as the release's pod would be, but as a process beside the API server. */
export async function startWatching(
  t: TestContext,
  { cluster, watch, account = 'hpdummy' }: Watching,
): Promise<TestOrigin> {
  const mount = new MountedSettings(t, `limits.payload: ${mountedPayload}\n`)
  return startOrigin(
    t,
    {
      'kubernetes.watch': watch,
      'kubernetes.configMap': `${restricted}/hpdummy`,
      ...(watch === 'both' && { config: mount.path }),
    },
    { KUBECONFIG: await cluster.login(restricted, account) },
  )
}

export async function untilWatching(origin: TestOrigin): Promise<void> {
  await untilConfigz(origin, 'it watches', ({ watch }) => watch?.isConnected === true)
}

/** Resolves when the limit of payloads is `size` in every worker. */
export async function untilPayload(origin: TestOrigin, size: string): Promise<void> {
  await untilConfigz(origin, `limits.payload is ${size}`, ({ effective, workers, applied }) => {
    const isEverywhere = workers.every(({ generation }) => generation >= applied.generation)
    return effective['limits.payload'] === size && isEverywhere
  })
}

/** Changes the limit of payloads in the release's ConfigMap. */
export async function patchPayload(cluster: Cluster, size: string): Promise<void> {
  await cluster.kubectl(mergePatch('hpdummy', { data: { 'limits.payload': size } }))
}
