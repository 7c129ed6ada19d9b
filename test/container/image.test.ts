// The image: what is in it, what is not, how it is labelled, and that a change of the source leaves
// the layers below it alone.
import assert from 'node:assert/strict'
import { appendFileSync, cpSync, existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, extname, join, relative } from 'node:path'
import { before, suite, test } from 'node:test'

import { settings } from '../../app/config/settings.ts'
import { createDirectory } from '../support/programs.ts'
import { bases } from './bases.ts'
import { containerState, startContainer } from './container.ts'
import { buildah, podman, withoutEngine } from './engine.ts'
import { buildImage, built, describeImage } from './image.ts'

const mib = (bytes: number): number => Math.round((bytes / 2 ** 20) * 10) / 10

suite('the image', { skip: withoutEngine() }, () => {
  let image = ''
  before(async () => {
    image = await buildImage()
  })

  test('says what it is, who runs it, and starts Node with nothing in between', async () => {
    const { Config, Architecture } = await describeImage(image)
    const label = 'org.opencontainers.image'
    assert.partialDeepStrictEqual(Config.Labels, {
      [`${label}.title`]: 'hpdummy',
      [`${label}.licenses`]: 'MIT',
      [`${label}.version`]: built.version,
      [`${label}.revision`]: built.revision,
    })
    assert.notEqual(Config.Labels[`${label}.description`] ?? '', '')
    assert.equal(Config.User, '65532:65532')
    assert.deepEqual(Config.Entrypoint, ['/usr/local/bin/node', '/hpdummy/app/main.js'])
    assert.equal(Config.Cmd, undefined)
    const ports = Object.entries(settings)
      .filter(([, { format }]) => format.allowed.startsWith('a port'))
      .map(([name, { value }]) => `${String(value)}/${name.startsWith('udp.') ? 'udp' : 'tcp'}`)
    assert.deepEqual(Object.keys(Config.ExposedPorts).toSorted(), ports.toSorted())
    assert.equal(Architecture, process.arch === 'x64' ? 'amd64' : process.arch)
  })

  test('has what runs and nothing else', async (t) => {
    const root = await podman('image', 'mount', image)
    t.after(() => podman('image', 'unmount', image))
    const files = filesBelow(root)
    const licences = ['usr/local/LICENSE', 'hpdummy/LICENSE', 'hpdummy/node_modules/ms/license.md']
    for (const licence of licences) {
      assert.ok(existsSync(join(root, licence)), `no ${licence}`)
    }
    const superfluous = files.filter(
      (file) =>
        !/^licen[cs]e/i.test(basename(file)) &&
        ['.ts', '.mts', '.cts', '.map', '.md', '.bare'].includes(extname(file)),
    )
    assert.deepEqual(superfluous.slice(0, 5), [])
    const programs = files.filter((file) => /\/(?:s?bin|\.bin)\/[^/]+$/.test(`/${file}`))
    const ours = programs.filter((file) => !file.includes('/node_modules/'))
    assert.deepEqual(ours, ['usr/local/bin/node'])
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      readonly packages: Readonly<Record<string, { readonly dev?: true }>>
    }
    const developers = Object.keys(packages).filter((path) => packages[path]?.dev === true)
    assert.ok(developers.includes('node_modules/typescript'))
    const found = developers.filter((path) => existsSync(join(root, 'hpdummy', path)))
    assert.deepEqual(found, [], 'packages of developers')
    const addons = files.filter((file) => extname(file) === '.node').map((file) => basename(file))
    t.diagnostic(`${files.length} files, addons ${addons.join(', ')}`)
    assert.equal(addons.length, 3, 'one engine, one CRC-32C and one FFI, for this platform')
  })

  test('takes the words that the program takes', async () => {
    const run = ['run', '--rm', '--read-only', '--network=none', image] as const
    assert.equal(await podman(...run, 'version'), `hpdummy ${built.version}`)
    const printed = await podman(...run, 'settings', 'print', '--http-port=1')
    assert.match(printed, /^http\.port: 1 +# --http-port$/m)
    assert.match(await podman(...run, 'help', 'tls'), /^hpdummy help tls: TLS$/m)
    await assert.rejects(podman(...run, 'sttings'), /ended with 2: .*did you mean settings\?/s)
  })

  test('is small', async (t) => {
    const archive = createDirectory(t)
    await buildah('push', image, `oci:${archive}:image`)
    const packed = filesBelow(archive).map((file) => readFileSync(join(archive, file)).length)
    const [{ Size }, { Size: base }] = await Promise.all([
      describeImage(image),
      describeImage(bases.libraries),
    ])
    const compressed = packed.reduce((sum, bytes) => sum + bytes, 0)
    const history = await podman('history', '--format', '{{.Size}} {{.CreatedBy}}', image)
    t.diagnostic(`${mib(Size)} MiB (base ${mib(base)}), ${mib(compressed)} MiB to pull`)
    t.diagnostic(history.replaceAll(/^0 B .*\n?/gm, '').replaceAll(/ {2,}/g, ' '))
    // Node alone is 119. Types, maps or what only developers need would be 40 to 300 more.
    assert.ok(mib(Size - base) < 190, `${mib(Size - base)} MiB`)
    assert.ok(mib(compressed) < 75, `${mib(compressed)} MiB to pull`)
  })

  test('a change of the source is one small layer', async (t) => {
    const context = createDirectory(t)
    for (const name of [
      '.dockerignore',
      '.npmrc',
      'Dockerfile',
      'LICENSE',
      'app',
      'pack',
      'proto',
      'tsconfig.json',
      'tsconfig.lib.json',
    ])
      cpSync(name, join(context, name), { recursive: true })
    for (const name of ['package.json', 'package-lock.json']) cpSync(name, join(context, name))
    const tag = 'changed'
    await buildImage({ context, tag })
    appendFileSync(join(context, 'app/main.ts'), '\n// Changed.\n')
    const startedAt = performance.now()
    const changed = await describeImage(await buildImage({ context, tag }))
    t.diagnostic(`built again in ${Math.round(performance.now() - startedAt)} ms`)
    const { RootFS } = await describeImage(image)
    assert.deepEqual(changed.RootFS.Layers.slice(0, -1), RootFS.Layers.slice(0, -1))
    assert.notEqual(changed.RootFS.Layers.at(-1), RootFS.Layers.at(-1))
  })

  test('runs on a whole Debian, too', async (t) => {
    const onDebian = await buildImage({ base: bases.debian, tag: 'debian' })
    const origin = await startContainer(t, { image: onDebian })
    const answer = await fetch(`${origin.url}/bin/1M?digest=true`)
    assert.equal((await answer.arrayBuffer()).byteLength, 2 ** 20)
    origin.signal('SIGTERM')
    assert.equal(await origin.exited, 0)
    assert.equal((await containerState(origin.container)).ExitCode, 0)
  })
})

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
}
