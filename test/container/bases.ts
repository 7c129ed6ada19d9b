import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { buildah, output, podman, storage } from './engine.ts'

const suite = 'bookworm'
const node = process.versions.node
const npm = '11.19.1'

const name = (what: string): string => `localhost/hpdummy-test/${what}`

/** What the Dockerfile's arguments name here, where no registry is asked. */
export const bases = {
  /** Debian with Node and npm, for BUILD. */
  build: name(`node:${node}-${suite}`),
  /** Debian, for BASE. */
  debian: name(`debian:${suite}`),
  /** The libraries of GNU's C and C++ and nothing else, for BASE: all that the Dockerfile asks for. */
  libraries: name(`libraries:${suite}`),
} as const

/** Makes the bases that are not there yet: minutes the first time, for Debian comes over the network. */
export async function makeBases(): Promise<void> {
  await unlessThere([bases.debian, bases.libraries], importDebian)
  await unlessThere([bases.build], buildNode)
}

async function unlessThere(
  images: readonly string[],
  make: (directory: string) => Promise<void>,
): Promise<void> {
  const there = (await podman('images', '--format', '{{.Repository}}:{{.Tag}}')).split('\n')
  if (images.every((image) => there.includes(image))) return
  const directory = mkdtempSync(join(storage, 'making-'))
  try {
    await make(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function importDebian(directory: string): Promise<void> {
  const [root, archive, list] = ['root', 'root.tar', 'libraries'].map((file) =>
    join(directory, file),
  ) as [string, string, string]
  await output('debootstrap', ['--variant=minbase', suite, root])
  writeFileSync(list, librariesOf(root).join('\n'))
  await output('tar', ['-C', root, '-cf', archive, '.'])
  await podman('import', archive, bases.debian)
  await output('tar', ['-C', root, '-cf', archive, '-T', list])
  await podman('import', archive, bases.libraries)
}

/** Shared objects of the packages that every program in C++ is linked to. */
function librariesOf(root: string): readonly string[] {
  const records = join(root, 'var/lib/dpkg/info')
  return readdirSync(records)
    .filter((file) => /^(?:libc6|libgcc-s1|libstdc\+\+6)(?::\w+)?\.list$/.test(file))
    .flatMap((file) => readFileSync(join(records, file), 'utf8').split('\n'))
    .filter((path) => /^\/(?:usr\/)?lib[\w-]*\/(?:[^/]+\/)?[^/]+\.so(?:\.[\d.]+)?$/.test(path))
    .map((path) => `.${path}`)
}

async function buildNode(directory: string): Promise<void> {
  const nodePackage = `node-linux-${process.arch}`
  await output('npm', ['install', '--prefix', directory, `npm@${npm}`, `${nodePackage}@${node}`])
  if (!existsSync(join(directory, 'node_modules', nodePackage, 'bin/node'))) {
    throw new Error(`${nodePackage} has no Node`)
  }
  const file = join(directory, 'Dockerfile')
  writeFileSync(
    file,
    `FROM ${bases.debian}
COPY node_modules/${nodePackage}/LICENSE /usr/local/LICENSE
COPY node_modules/${nodePackage}/bin/node /usr/local/bin/node
COPY node_modules/npm /usr/local/lib/node_modules/npm
RUN for name in npm npx; do \\
  ln -s ../lib/node_modules/npm/bin/$name-cli.js /usr/local/bin/$name; done
`,
  )
  await buildah('bud', '--network', 'host', '--file', file, '--tag', bases.build, directory)
}
