import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

import { ApiServer } from '../support/api-server.ts'
import { startOriginIn } from '../support/grouped-origin.ts'
import { Group } from '../support/groups.ts'
import { MountedSettings } from '../support/mounted-settings.ts'
import { type TestOrigin, startOrigin } from '../support/origin.ts'
import type { Scraped } from './prometheus.ts'

const namespace = 'load'
const job = 'hpdummy-metrics'

/** Rate of the server that is not ours; far above what our origins are given. */
export const strangerRate = 1_000_000

/** Three origins as three pods, each for what only it can show, and a server that is not ours. */
export interface Pods {
  /** hpdummy-0, with mounted settings and a memory limit; little load. */
  readonly calm: TestOrigin
  readonly mount: MountedSettings
  /** hpdummy-1, with less CPU than one worker can use. */
  readonly busy: TestOrigin
  /** hpdummy-2, which watches an API server. */
  readonly leaving: TestOrigin
  readonly api: ApiServer
  readonly scraped: readonly Scraped[]
}

/** Starts them; they end with the test. */
export async function startPods(t: TestContext): Promise<Pods> {
  const mount = new MountedSettings(t, 'limits.delay: 1m\n')
  const group = Group.create(t, 'cpu')
  const api = await ApiServer.start(t, { 'limits.delay': '1m' })
  const [calm, busy, leaving, stranger] = await Promise.all([
    startOrigin(t, { workers: 2, config: mount.path, 'quota.memory': '1G' }),
    startOriginIn(t, [group], { 'admin.host': '127.0.0.1' }),
    startOrigin(
      t,
      {
        'kubernetes.watch': 'api',
        'kubernetes.configMap': 'load/hpdummy',
        // Longer than a few scrapes, so that every phase of the drain is seen.
        'drain.quiet': '3s',
        'drain.notice': '3s',
        'drain.deadline': '20s',
      },
      { KUBECONFIG: api.kubeconfig(t) },
    ),
    startStranger(t),
  ])
  group.quotaUs = 20_000
  // It uses that up beside busy neighbours, too: headroom leaves out the time that they take.
  group.precedence = 100
  const scraped = [calm, busy, leaving].map(({ ports }, index): Scraped => ({
    adminPort: ports.admin,
    pod: `hpdummy-${index}`,
    namespace,
    job,
  }))
  return { calm, mount, busy, leaving, api, scraped: [...scraped, stranger] }
}

/** A server with OpenTelemetry's request metrics, as many have, in the same namespace. */
async function startStranger(t: TestContext): Promise<Scraped> {
  const startedAt = performance.now()
  const labels = 'http_route="/bin/{size}",http_response_status_code="500",listener="fast"'
  const server = createServer((_, response) => {
    const count = Math.round(((performance.now() - startedAt) / 1000) * strangerRate)
    response.setHeader('Content-Type', 'text/plain; version=0.0.4')
    response.end(`http_server_request_duration_seconds_count{${labels}} ${count}\n`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { adminPort: port, job: 'shop', namespace, pod: 'shop-0' }
}
