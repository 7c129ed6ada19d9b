import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before } from 'node:test'

import { crdFiles } from '../support/chart/crds.ts'
import { run } from '../support/programs.ts'
import { until } from '../support/wait.ts'
import { type GoTool, goTool, withoutGo } from '../tools/tools.ts'
import { ControlPlane } from './control-plane.ts'
import type { CustomResourceDefinition, List } from './objects.ts'

const chart = 'charts/hpdummy'
// A release with everything on is 20 objects; the client side alone is seconds on a loaded machine.
const commandMs = 60_000

/** A namespace where PodSecurity enforces `restricted`; every cluster of a test has it. */
export const restricted = 'restricted'

/** For a suite's `skip`: false when all it takes is there or can be built. */
export const withoutCluster = withoutGo(
  'helm',
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kubectl',
)

/** One API server for all tests of a file, with the CRDs of everything the chart and k8s/ may make. */
export function useCluster(): () => Cluster {
  let cluster: Cluster | undefined
  const plane = new ControlPlane()
  before(async () => {
    await plane.start()
    cluster = new Cluster(plane)
    await cluster.prepare()
  })
  after(() => plane.stop())
  return () => {
    if (cluster === undefined) throw new Error('the cluster did not start')
    return cluster
  }
}

/** The programs people use on a cluster, as words; an array where a word has spaces. */
type Words = string | readonly string[]

/** What `kubectl edit configmap` sends when somebody has changed these parts. */
export function mergePatch(configMap: string, change: object): readonly string[] {
  const patch = `--patch=${JSON.stringify(change)}`
  return ['patch', 'configmap', configMap, `--namespace=${restricted}`, '--type=merge', patch]
}

/** What people do on a cluster, with the programs they use for it. */
export class Cluster {
  readonly plane: ControlPlane
  #files = 0

  constructor(plane: ControlPlane) {
    this.plane = plane
  }

  /** What kubectl wrote; as an administrator unless another kubeconfig is given. Fails when it does. */
  kubectl(words: Words, kubeconfig = this.plane.kubeconfig): Promise<string> {
    return this.#run('kubectl', words, kubeconfig)
  }

  helm(words: Words): Promise<string> {
    return this.#run('helm', words, this.plane.kubeconfig)
  }

  /** Installs or upgrades the release `hpdummy`, with values by path. */
  async release(verb: 'install' | 'upgrade', ...values: readonly string[]): Promise<void> {
    const given = values.map((path) => `--values=${path}`)
    // An upgrade without values keeps those of before.
    if (verb === 'upgrade') given.push('--reset-values')
    await this.helm([verb, 'hpdummy', chart, `--namespace=${restricted}`, ...given])
  }

  /** What the server refused `words` with. Fails when it did not refuse. */
  async refusal(words: Words, kubeconfig = this.plane.kubeconfig): Promise<string> {
    const { code, stderr } = await this.#try('kubectl', words, kubeconfig)
    if (code === 0) throw new Error(`not refused: kubectl ${String(words)}`)
    return stderr
  }

  async read<T>(words: string): Promise<T> {
    return JSON.parse(await this.kubectl(`get ${words} -o json`)) as T
  }

  /** A file with `content` for -f and --values; JSON unless it is text. */
  file(content: unknown): string {
    const path = join(this.plane.directory, `file-${++this.#files}.yaml`)
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }

  /** A token of that ServiceAccount, from the TokenRequest API like a pod's. */
  async requestToken(namespace: string, serviceAccount: string): Promise<string> {
    return (await this.kubectl(`create token ${serviceAccount} -n ${namespace}`)).trim()
  }

  /** A kubeconfig with such a token. */
  async login(namespace: string, serviceAccount: string): Promise<string> {
    const token = await this.requestToken(namespace, serviceAccount)
    return this.plane.writeKubeconfig(`${namespace}-${serviceAccount}`, token)
  }

  /** Installs the CRDs and makes the namespace. */
  async prepare(): Promise<void> {
    await this.kubectl(`create namespace ${restricted}`)
    const level = 'pod-security.kubernetes.io/enforce=restricted'
    await this.kubectl(`label namespace ${restricted} ${level}`)
    const files = crdFiles()
    await this.kubectl(['create', ...files.map((path) => `--filename=${path}`)])
    // `kubectl wait` gives up on one that has no conditions yet.
    await until('all CRDs are served', async () => {
      const { items } = await this.read<List<CustomResourceDefinition>>('crd')
      return items.every(({ status }) =>
        status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True'),
      )
    })
  }

  async #run(program: GoTool, words: Words, kubeconfig: string): Promise<string> {
    const { code, stdout, stderr } = await this.#try(program, words, kubeconfig)
    if (code !== 0) throw new Error(`${program} ${String(words)}: ${code}: ${stderr}`)
    return stdout.toString()
  }

  #try(program: GoTool, words: Words, kubeconfig: string): ReturnType<typeof run> {
    const { directory } = this.plane
    const env = {
      PATH: process.env['PATH'],
      HOME: directory,
      KUBECONFIG: kubeconfig,
    }
    return run(goTool(program), typeof words === 'string' ? words.split(' ') : words, {
      env,
      withinMs: commandMs,
    })
  }
}
