import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import { programPath } from '../support/installed.ts'
import { Archive } from './cpio.ts'

const project = fileURLToPath(new URL('../../', import.meta.url))

/** Programs of this host that the machine has, too. */
export const guestPrograms = ['sh', 'mount', 'umount', 'ip', 'taskset', 'unshare'] as const

// Loaded when a setting asks for it, and larger than all else in node_modules together.
const leftOut = '@kubernetes/client-node'

// Of the packages; types, maps and manuals stay here.
const codeEndings = ['.js', '.cjs', '.mjs', '.json', '.node', '.proto']

// Served as they are.
const pageEndings = ['.html', '.css', '.js', '.svg']

type Entry = readonly [path: string, source: string]

/**
 * Writes the machine's file system, an initial RAM disk: this very Node, this project as it is now with
 * the packages it runs on, and a few programs, each with the libraries it is linked to. That takes a
 * second or two, so it is done each time, and never stale. `directory` is for what comes before it.
 */
export function writeImage(file: string, directory: string): void {
  const programs: readonly Entry[] = [
    ['/bin/node', process.execPath],
    ...guestPrograms.map((name): Entry => [`/bin/${name}`, programPath(name)]),
  ]
  const sources = new Map<string, string>([
    ['/init', join(project, 'test/vm/guest/init')],
    ['/hpdummy/package.json', join(project, 'package.json')],
    ...programs,
    ...compiled(directory),
    ...filesOf('app/web', pageEndings),
    ...filesOf('proto', ['.proto']),
    ...packages().flatMap((folder) => filesOf(folder, codeEndings)),
  ])
  const linked = [...sources.values()].filter((path) => extname(path) === '.node')
  for (const path of [...linked, ...programs.map(([, source]) => source)]) {
    for (const library of librariesOf(path)) sources.set(library, library)
  }
  const archive = new Archive(file)
  for (const path of ['/proc', '/sys', '/dev', '/tmp', '/mnt']) archive.addDirectory(path)
  for (const [path, source] of sources) archive.addFile(path, readFileSync(source))
  archive.end()
}

/**
 * The project as JavaScript, as a container's image has it: `--explain-resources` takes 0.14 s of CPU
 * and not the 0.33 of TypeScript, and everything takes fifteen times as long in the machine.
 */
function compiled(directory: string): readonly Entry[] {
  const compiler = join(project, 'node_modules/typescript/bin/tsc')
  const words = ['--noEmit', 'false', '--noCheck', '--rootDir', project, '--outDir', directory]
  execFileSync(process.execPath, [compiler, ...words], { cwd: project })
  return filesBelow(directory, ['.js']).map((source) => [
    join('/hpdummy', relative(directory, source)),
    source,
  ])
}

function filesOf(folder: string, endings: readonly string[]): readonly Entry[] {
  return filesBelow(join(project, folder), endings).map((source) => [
    join('/hpdummy', relative(project, source)),
    source,
  ])
}

function filesBelow(path: string, endings: readonly string[]): readonly string[] {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && endings.includes(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name))
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** Folders of the packages the origin runs on, and of those they run on. */
function packages(): readonly string[] {
  const found = new Set<string>()
  const visit = (folder: string): void => {
    const text = readFileSync(join(project, folder, 'package.json'), 'utf8')
    const { dependencies, optionalDependencies } = JSON.parse(text) as Manifest
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const place = [join(folder, 'node_modules', name), join('node_modules', name)].find((path) =>
        existsSync(join(project, path, 'package.json')),
      )
      if (place === undefined || name === leftOut || found.has(place)) continue
      found.add(place)
      visit(place)
    }
  }
  visit('.')
  return [...found]
}

/** Files that a program or an addon is linked to, the loader among them, by the names it asks for. */
function librariesOf(path: string): readonly string[] {
  const text = execFileSync('ldd', [path], { encoding: 'utf8' })
  return [...text.matchAll(/(\/\S+) \(0x/g)].map(([, library = '']) => library)
}
