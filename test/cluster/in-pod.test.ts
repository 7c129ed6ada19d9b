import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, suite, test } from 'node:test'

import { anyPorts } from '../support/any-ports.ts'
import { MountedSettings } from '../support/mounted-settings.ts'
import { type TestOrigin, environmentOf, endChild, originOf } from '../support/origin.ts'
import { createDirectory } from '../support/programs.ts'
import { type Cluster, restricted, useCluster, withoutCluster } from './cluster.ts'
import type { Deployment } from './objects.ts'
import { patchPayload, untilPayload, untilWatching } from './watching.ts'

const canMount = spawnSync('unshare', ['--mount', 'true']).status === 0
const skip = withoutCluster || (canMount ? false : 'a mount namespace takes root on Linux')

// In mounts of its own, puts a directory where a pod finds its account, and becomes the program after it.
const mountAndBecome =
  'run=$(readlink -f /var/run) && mount -t tmpfs none "$run" && mkdir -p "$run/secrets/kubernetes.io" &&' +
  ' cp -r "$1" "$run/secrets/kubernetes.io/serviceaccount" && shift && exec "$@"'

/** What the kubelet mounts for the account. */
async function accountFolder(t: TestContext, cluster: Cluster): Promise<string> {
  const folder = join(createDirectory(t), 'serviceaccount')
  mkdirSync(folder)
  writeFileSync(join(folder, 'token'), await cluster.requestToken(restricted, 'hpdummy'))
  writeFileSync(join(folder, 'ca.crt'), cluster.plane.authority)
  writeFileSync(join(folder, 'namespace'), restricted)
  return folder
}

/** The environment the Deployment gives its container, and the kubelet every container. */
async function podEnvironment(cluster: Cluster): Promise<Readonly<Record<string, string>>> {
  const { spec } = await cluster.read<Deployment>(`deployment hpdummy -n ${restricted}`)
  assert.equal(spec.template.spec.automountServiceAccountToken, true)
  const env = spec.template.spec.containers[0]?.env ?? []
  return {
    ...Object.fromEntries(env.map(({ name, value = '' }) => [name, value])),
    KUBERNETES_SERVICE_HOST: '127.0.0.1',
    KUBERNETES_SERVICE_PORT: String(cluster.plane.port),
  }
}

async function startInPod(t: TestContext, cluster: Cluster): Promise<TestOrigin> {
  const mount = new MountedSettings(t, 'limits.payload: 7K\n')
  const origin = [process.execPath, 'app/main.ts', `--config=${mount.path}`]
  const mounted = ['-c', mountAndBecome, 'sh', await accountFolder(t, cluster), ...origin]
  const child = spawn('unshare', ['--mount', 'sh', ...mounted], {
    env: {
      ...environmentOf({ ...anyPorts, 'drain.quiet': '50ms', workers: 1 }),
      ...(await podEnvironment(cluster)),
      PATH: process.env['PATH'],
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { whenReady, exited } = originOf(child)
  t.after(() => endChild(child, exited))
  return whenReady
}

suite('the origin with what a pod of the release is given', { skip }, () => {
  const cluster = useCluster()

  test('follows its ConfigMap', async (t) => {
    await cluster().release('install', cluster().file({ apiWatch: { enabled: true } }))
    const origin = await startInPod(t, cluster())
    await untilWatching(origin)
    await patchPayload(cluster(), '3K')
    await untilPayload(origin, '3K')
  })
})
