import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { bases, makeBases } from './bases.ts'
import { buildah, output, podman } from './engine.ts'

const project = fileURLToPath(new URL('../../', import.meta.url))

/** Version and revision the labels get. */
export const built = {
  version: (
    JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as { readonly version: string }
  ).version,
  revision: '0123456789abcdef0123456789abcdef01234567',
} as const

/** What is built from what. */
export interface BuildOptions {
  /** What it runs on; nothing but libraries unless said. */
  readonly base?: string
  readonly tag?: string
  /** Another directory with the project. */
  readonly context?: string
}

/** Builds the Dockerfile, from the layers of the last time where they are still right; its name. */
export async function buildImage({
  base = bases.libraries,
  tag = 'libraries',
  context = project,
}: BuildOptions = {}): Promise<string> {
  await makeBases()
  const image = `localhost/hpdummy:${tag}`
  const directory = mkdtempSync(join(tmpdir(), 'hpdummy-build-'))
  try {
    const npmrc = join(directory, 'npmrc')
    const { text, authorities } = await hostNpm()
    writeFileSync(npmrc, text)
    const words = [
      ['--secret', `id=npmrc,src=${npmrc}`],
      // An authority of this network's own is found where it is on the host.
      authorities === undefined ? [] : ['--volume', `${authorities}:${authorities}:ro`],
      ['--build-arg', `BUILD=${bases.build}`],
      ['--build-arg', `BASE=${base}`],
      ['--build-arg', `VERSION=${built.version}`],
      ['--build-arg', `REVISION=${built.revision}`],
      ['--network', 'host', '--layers', '--tag', image, context],
    ]
    await buildah('bud', ...words.flat())
    // Layers of earlier builds, half a GiB each time a dependency changes.
    await podman('image', 'prune', '--force', '--filter', 'until=24h')
    return image
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Where npm on this host gets packages from, for the npm of the build; names and keys stay here. */
async function hostNpm(): Promise<{
  readonly text: string
  readonly authorities: string | undefined
}> {
  const settings = new Map<string, string>()
  // Node trusts those of this variable as well, whatever npm is told.
  const authorities = process.env['NODE_EXTRA_CA_CERTS']
  if (authorities !== undefined) settings.set('cafile', authorities)
  for (const key of ['registry', 'cafile', 'https-proxy', 'noproxy']) {
    const value = await output('npm', ['config', 'get', key])
    if (value !== '' && value !== 'null') settings.set(key, value)
  }
  return {
    text: [...settings].map(([key, value]) => `${key}=${value}`).join('\n'),
    authorities: settings.get('cafile'),
  }
}

/** The image as podman describes it, as far as tests look at it. */
export interface ImageDescription {
  readonly Architecture: string
  readonly Size: number
  readonly RootFS: { readonly Layers: readonly string[] }
  readonly Config: {
    readonly User: string
    readonly Entrypoint: readonly string[]
    readonly Cmd?: readonly string[]
    readonly ExposedPorts: Readonly<Record<string, object>>
    readonly Labels: Readonly<Record<string, string>>
  }
}

export async function describeImage(image: string): Promise<ImageDescription> {
  const [description] = JSON.parse(
    await podman('image', 'inspect', image),
  ) as readonly ImageDescription[]
  if (description === undefined) throw new Error(`there is no ${image}`)
  return description
}
