// Podman and Buildah with a storage of their own, so that nothing of the host's is touched, and what
// is built stays for the next time.
//   HPDUMMY_TEST_CONTAINERS   where that is, instead of .cache/containers
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { findProgram, programPath } from '../support/installed.ts'
import { run } from '../support/programs.ts'

/** Where the storage is; outside of what is tracked. */
export const storage =
  process.env['HPDUMMY_TEST_CONTAINERS'] ??
  fileURLToPath(new URL('../../.cache/containers', import.meta.url))

const packages = ['podman', 'buildah', 'runc', 'conmon', 'netavark', 'catatonit', 'debootstrap']

// Debian keeps these two where no path leads.
const unseen = new Set(['netavark', 'catatonit'])

/** For a suite's `skip`: false when containers can be built and run here, else the reason. */
export function withoutEngine(): string | false {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return 'containers with limits need root on Linux'
  }
  const absent = packages.filter((name) => !unseen.has(name) && findProgram(name) === undefined)
  return absent.length === 0
    ? false
    : `${absent.join(', ')} not installed (Debian packages ${packages.join(' ')})`
}

/** Runs podman; its output, or an error with what it said. */
export function podman(...words: readonly string[]): Promise<string> {
  return output('podman', words)
}

/** Runs buildah; its output, or an error with what it said. */
export function buildah(...words: readonly string[]): Promise<string> {
  return output('buildah', words)
}

/** Runs any program to its end; its output, or an error with what it said. */
export async function output(program: string, words: readonly string[]): Promise<string> {
  const env = { ...process.env, ...environment() }
  // The first build waits for the network: the base system and all packages.
  const { code, stdout, stderr } = await run(programPath(program), words, {
    env,
    withinMs: 480_000,
  })
  if (code !== 0) throw new Error(`${program} ${words[0]} ended with ${code}: ${stderr}`)
  return stdout.toString().trim()
}

/** The variables that make podman and buildah use our storage and a runtime that runs anywhere. */
export function environment(): Readonly<Record<string, string>> {
  mkdirSync(storage, { recursive: true })
  const [containers, layers] = [join(storage, 'containers.conf'), join(storage, 'storage.conf')]
  writeFileSync(containers, containersConf())
  writeFileSync(layers, storageConf())
  return { CONTAINERS_CONF: containers, CONTAINERS_STORAGE_CONF: layers }
}

// runc knows hybrid cgroups, crun does not. The limits are those a root without CAP_SYS_RESOURCE may set.
const containersConf = (): string => `[containers]
default_ulimits = ["nofile=20000:20000", "nproc=30000:30000"]
[network]
network_backend = "netavark"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "${storage}/tmp"
`

// Without skip_mount_home the storage is a mount, which outlives the tests.
const storageConf = (): string => `[storage]
driver = "overlay"
graphroot = "${storage}/graph"
runroot = "${storage}/run"
[storage.options.overlay]
skip_mount_home = "true"
`
