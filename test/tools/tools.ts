// Programs the chart and cluster tiers need that neither npm nor Debian carries. Their Go modules
// are pinned here, they are built on this machine, and the binaries stay in .cache/tools.
// `node test/tools/tools.ts helm k6` builds these now, without names all of them, and prints their paths.
import { spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('./', import.meta.url))
const cache = fileURLToPath(new URL('../../.cache/tools/', import.meta.url))

interface GoProgram {
  /** The folder of its go.mod: one per set of versions that must agree. */
  readonly module: string
  readonly package: string
  /** Where its version is read from, and the variables the linker writes it to. */
  readonly version?: { readonly of: string; readonly into: (version: string) => readonly string[] }
}

const helm: GoProgram = {
  module: '.',
  package: 'helm.sh/helm/v4/cmd/helm',
  version: {
    of: 'helm.sh/helm/v4',
    into: (version) => [`helm.sh/helm/v4/internal/version.version=${version}`],
  },
}

const kubernetes = (program: string): GoProgram => ({
  module: 'kubernetes',
  package: `k8s.io/kubernetes/cmd/${program}`,
  version: {
    // Without it a server says v0.0.0, and a chart's kubeVersion refuses that.
    of: 'k8s.io/kubernetes',
    into: (version) => {
      const [major, minor] = version.replace('v', '').split('.')
      const variable = 'k8s.io/component-base/version.git'
      return [
        `${variable}Version=${version}`,
        `${variable}Major=${major}`,
        `${variable}Minor=${minor}`,
        `${variable}TreeState=clean`,
      ]
    },
  },
})

const programs = {
  helm,
  kubeconform: { module: '.', package: 'github.com/yannh/kubeconform/cmd/kubeconform' },
  k6: { module: 'load', package: 'go.k6.io/k6' },
  fortio: { module: 'load', package: 'fortio.org/fortio' },
  bombardier: { module: 'bombardier', package: 'github.com/codesenberg/bombardier' },
  h2spec: { module: 'h2spec', package: 'github.com/summerwind/h2spec/cmd/h2spec' },
  grpcurl: { module: 'grpc', package: 'github.com/fullstorydev/grpcurl/cmd/grpcurl' },
  'grpc-interop-client': { module: 'grpc', package: 'google.golang.org/grpc/interop/client' },
  etcd: { module: 'kubernetes', package: 'go.etcd.io/etcd/server/v3' },
  'kube-apiserver': kubernetes('kube-apiserver'),
  'kube-controller-manager': kubernetes('kube-controller-manager'),
  kubectl: kubernetes('kubectl'),
} satisfies Readonly<Record<string, GoProgram>>

export type GoTool = keyof typeof programs

/**
 * The path of the program, built first when it is not there (minutes, once; progress on stderr).
 * Throws when it cannot be built; ask `withoutGo` before.
 */
export function goTool(name: GoTool): string {
  const program: GoProgram = programs[name]
  const path = join(cache, `${name}-${buildKey(program)}`)
  if (!existsSync(path)) build(program, path)
  return path
}

/** For a test's `skip`: false when `tools` are there or can be built, else the reason. */
export function withoutGo(...tools: readonly GoTool[]): string | false {
  for (const module of new Set(tools.map((name) => programs[name].module))) {
    // Go itself compares go.mod's version with its own, and fetches a newer one where it may.
    const check = go(module, ['list', '-m'])
    if (check.error !== undefined) return `${tools.join(', ')}: Go is missing, https://go.dev/dl/`
    if (check.status !== 0) return `${tools.join(', ')}: ${check.stderr.trim()}`
  }
  return false
}

function buildKey(program: GoProgram): string {
  const hash = createHash('sha256')
  for (const file of ['go.mod', 'go.sum'])
    hash.update(readFileSync(join(here, program.module, file)))
  return hash.digest('hex').slice(0, 12)
}

function build(program: GoProgram, path: string): void {
  mkdirSync(cache, { recursive: true })
  const variables = program.version === undefined ? [] : linkedVersion(program, program.version)
  // Beside its place until it is whole: two test files may build the same program at once.
  const unfinished = `${path}.${process.pid}`
  const words = ['build', '-trimpath', '-ldflags', ['-s -w', ...variables].join(' ')]
  process.stderr.write(`tools: building ${program.package} into ${path}\n`)
  const started = performance.now()
  const { status } = spawnSync(
    'nice',
    ['-n', '15', 'go', ...words, '-o', unfinished, program.package],
    {
      cwd: join(here, program.module),
      // cgo would make the result depend on this machine's C library.
      env: { ...process.env, CGO_ENABLED: '0' },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  if (status !== 0) {
    rmSync(unfinished, { force: true })
    throw new Error(`${program.package} could not be built; the reason is above`)
  }
  renameSync(unfinished, path)
  process.stderr.write(`tools: built in ${Math.round((performance.now() - started) / 1000)} s\n`)
}

function linkedVersion(program: GoProgram, version: NonNullable<GoProgram['version']>): string[] {
  const { stdout } = go(program.module, ['list', '-m', '-f', '{{.Version}}', version.of])
  return version.into(stdout.trim()).map((assignment) => `-X ${assignment}`)
}

function go(module: string, words: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync('go', words, { cwd: join(here, module), encoding: 'utf8' })
}

if (import.meta.main) {
  const names = process.argv.slice(2)
  const wanted = Object.keys(programs).filter((name) => names.length === 0 || names.includes(name))
  for (const name of wanted as GoTool[]) {
    // Not an error: the tests that need it are skipped with the same words.
    const reason = withoutGo(name)
    process.stdout.write(`${reason === false ? goTool(name) : reason}\n`)
  }
}
