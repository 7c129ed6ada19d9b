// What the chart renders, run by podman: the Deployment with its ConfigMap, then the chart's own tests
// against it, then the end of the pod.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, before, suite, test } from 'node:test'

import { type Manifest, render, withoutHelm } from '../support/chart/helm.ts'
import { ofKind, only, part } from '../support/chart/part.ts'
import type { Configz } from '../support/configz.ts'
import { freePort } from '../support/ports.ts'
import { createDirectory } from '../support/programs.ts'
import { scrape } from '../support/scrape.ts'
import { until } from '../support/wait.ts'
import { containerState, restricted } from './container.ts'
import { podman, withoutEngine } from './engine.ts'
import { buildImage } from './image.ts'

/** The pod that podman made of the chart. */
interface PlayedPod {
  readonly container: string
  readonly manifests: readonly Manifest[]
  readonly origin: string
  readonly admin: string
  readonly wire: string
  readonly grpc: string
  readonly logged: (what: string) => Promise<boolean>
}

suite('the chart on this image', { skip: withoutEngine() || withoutHelm() }, () => {
  let image = ''
  before(async () => {
    image = await buildImage()
  })

  test('serves with the settings of its ConfigMap, passes its tests, drains when stopped', async (t) => {
    const pod = await play(t, image)
    await until('the pod is ready', async () => (await status(`${pod.admin}/readyz`)) === 200)
    assert.equal(await status(`${pod.admin}/livez`), 200)
    assert.equal(await status(`${pod.origin}/status/204`), 204)

    const page = (await (await fetch(`${pod.admin}/configz`)).json()) as Configz
    assert.equal(page.effective['log.level'], 'debug')
    assert.equal(page.origins['log.level'], 'file /etc/hpdummy/log.level')

    const tests = ofKind(pod.manifests, 'Pod')
    assert.ok(tests.length > 0, 'the chart has no tests')
    for (const manifest of tests) t.diagnostic(await runChartTest(manifest, { image, pod }))

    const drip = fetch(`${pod.origin}/drip?bytes=10&duration=1s`).then((reply) => reply.text())
    await until('the drip is under way', async () => {
      const admin = Number(new URL(pod.admin).port)
      return (await scrape({ ports: { admin } })).activeRequests === 1
    })
    await podman('stop', '--time', '15', pod.container)
    assert.equal((await drip).length, 10)
    assert.equal((await containerState(pod.container)).ExitCode, 0)
    assert.ok(await pod.logged('"phase":"stopped"'))
  })
})

async function play(t: TestContext, image: string): Promise<PlayedPod> {
  const [http, admin] = [await freePort(), await freePort()]
  const [wire, grpc] = [await freePort(), await freePort()]
  const release = `hpdummy-test-${process.pid}`
  const [registry, rest = ''] = image.split('/')
  const [repository, tag] = rest.split(':')
  const host = '127.0.0.1'
  const manifests = render({
    release,
    values: {
      replicas: 1,
      hostNetwork: true,
      image: { registry, repository, tag, pullPolicy: 'Never' },
      config: {
        log: { level: 'debug' },
        http: { host, port: http },
        admin: { host, port: admin },
        wire: { port: wire },
        grpc: { port: grpc },
        // The network is this machine's.
        tcp: { echoPort: 'none', discardPort: 'none', payloadPort: 'none' },
        udp: { echoPort: 'none' },
      },
    },
  })
  const [deployment, configMap] = [only(manifests, 'Deployment'), only(manifests, 'ConfigMap')]
  const file = join(createDirectory(t), 'pod.yaml')
  // YAML has JSON in it.
  writeFileSync(
    file,
    [configMap, playable(deployment)].map((object) => JSON.stringify(object)).join('\n---\n'),
  )
  const pod = `${deployment.metadata.name}-pod-0`
  t.after(async () => {
    await podman('pod', 'rm', '--force', '--time', '0', '--ignore', pod)
    await podman('volume', 'rm', '--force', configMap.metadata.name, 'tmp')
  })
  await podman('kube', 'play', file)
  const container = `${pod}-hpdummy`
  return {
    container,
    manifests,
    origin: `http://${host}:${http}`,
    admin: `http://${host}:${admin}`,
    wire: `http://${host}:${wire}`,
    grpc: `http://${host}:${grpc}`,
    logged: async (what) => (await podman('logs', container)).includes(what),
  }
}

interface EnvEntry {
  readonly name: string
  readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } }
}

// The fields that podman 4.3 knows. It has no namespaces and no nodes.
const knownFields = /^metadata\.(?:name$|uid$|labels\[|annotations\[)/

/** The Deployment without what podman cannot do: named ports on the host's network, probes without curl and systemd. */
function playable(deployment: Manifest): Manifest {
  const copy = structuredClone(deployment)
  const container = part(copy, 'spec.template.spec.containers.0') as Record<string, unknown>
  for (const field of ['ports', 'startupProbe', 'livenessProbe', 'readinessProbe']) {
    assert.ok(field in container, `the chart's container has no ${field}`)
    delete container[field]
  }
  container['env'] = (container['env'] as EnvEntry[]).filter(({ valueFrom }) =>
    knownFields.test(valueFrom?.fieldRef?.fieldPath ?? 'metadata.name'),
  )
  return copy
}

/** Runs a pod of `helm test` as a container; what it prints. */
async function runChartTest(
  manifest: Manifest,
  { image, pod }: { readonly image: string; readonly pod: PlayedPod },
): Promise<string> {
  const [program = '', ...words] = part(manifest, 'spec.containers.0.command') as string[]
  const given = part(manifest, 'spec.containers.0.env') as { name: string; value: string }[]
  // Services have no names here, and nobody is to wait for minutes.
  const { origin: ORIGIN, admin: ADMIN, wire: WIRE, grpc: GRPC } = pod
  const ours = { ORIGIN, ADMIN, WIRE, GRPC, PATIENCE_MS: '5000' }
  const variables = [
    ...given.map(({ name, value }) => `${name}=${value}`),
    ...Object.entries(ours).map(([name, value]) => `${name}=${value}`),
  ].flatMap((variable) => ['--env', variable])
  // What podman keeps a ConfigMap in has its name.
  const { name } = only(pod.manifests, 'ConfigMap').metadata
  const mount = ['--volume', `${name}:/etc/hpdummy:ro`]
  const flags = ['--rm', '--network', 'host', ...restricted, ...variables, ...mount]
  return podman('run', ...flags, '--entrypoint', program, image, ...words)
}

async function status(url: string): Promise<number> {
  try {
    const answer = await fetch(url)
    await answer.arrayBuffer()
    return answer.status
  } catch {
    return 0
  }
}
