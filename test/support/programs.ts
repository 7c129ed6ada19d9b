import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { anyPorts } from './any-ports.ts'
import { environmentOf } from './origin.ts'

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly withinMs?: number
}

/** What a program that ended left behind; `code` is the signal's name when one ended it. */
export interface Ended {
  readonly code: number | string
  readonly stdout: Buffer
  readonly stderr: string
}

/** Runs a program to its end, and kills it when that does not come in time. */
export async function run(
  path: string,
  words: readonly string[],
  { env = process.env, cwd = process.cwd(), withinMs = 30_000 }: RunOptions = {},
): Promise<Ended> {
  const child = spawn(path, words, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes))
  child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes))
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs)
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  clearTimeout(timer)
  return {
    code: code ?? signal ?? 'none',
    stdout: Buffer.concat(stdout),
    stderr: Buffer.concat(stderr).toString(),
  }
}

/** Runs the origin's command line to its end, in an environment with nothing but `env`. */
export function runHpdummy(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return run(process.execPath, ['app/main.ts', ...words], { env })
}

export interface ProgramOptions {
  readonly path: string
  readonly words: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** A program that runs until `end`, or until the test is over. */
export interface Program {
  readonly pid: number
  /** Resolves to the exit code, or the name of the signal that ended it. */
  readonly end: () => Promise<number | string>
}

// A hook that fails keeps later hooks from running, so the last way out ends programs, too.
const alive = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

/** Starts a program, in our environment and `env`; its complaints go to ours. */
export function startProgram(t: TestContext, { path, words, env = {} }: ProgramOptions): Program {
  const child = spawn(path, words, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${path} did not start`)
  alive.add(child)
  const ended = once(child, 'exit').then(([code, signal]) => {
    alive.delete(child)
    return (code ?? signal ?? 'none') as number | string
  })
  const end = async (): Promise<number | string> => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
    const code = await ended
    clearTimeout(timer)
    return code
  }
  t.after(end)
  return { pid, end }
}

/** Starts the origin's command line where `startOrigin` would hide what matters; not waited for. */
export function startHpdummy(
  t: TestContext,
  flags: string,
  env: Readonly<Record<string, string>> = {},
): Program {
  return startProgram(t, {
    path: process.execPath,
    words: ['app/main.ts', ...flags.split(' ')],
    // Ports that the flags do not name are nobody else's.
    env: { ...environmentOf(anyPorts), ...env },
  })
}

/**
 * A directory of its own that goes with the test. Hooks run in the order in which they were added, so a program that was
 * started later may still write to it. A removal that fails for that must not throw: Node skips the hooks after one that
 * does, and six Squids outlived their tests.
 */
export function createDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'hpdummy-test-'))
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  t.after(() => {
    try {
      remove()
    } catch {
      process.once('exit', remove)
    }
  })
  return directory
}
