import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { anyPorts } from './any-ports.ts'
import { atEnd } from './at-end.ts'
import { endWithUs } from './children.ts'
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
  const child = endWithUs(spawn(path, words, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] }))
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

/** Starts a program, in our environment and `env`; its complaints go to ours. */
export function startProgram(t: TestContext, { path, words, env = {} }: ProgramOptions): Program {
  const child = spawn(path, words, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${path} did not start`)
  const ended = once(endWithUs(child), 'exit').then(([code, signal]) => {
    return (code ?? signal ?? 'none') as number | string
  })
  const end = async (): Promise<number | string> => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
    const code = await ended
    clearTimeout(timer)
    return code
  }
  atEnd(t, end)
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

/** A directory of its own that goes with the test, after the programs that write to it. */
export function createDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'hpdummy-test-'))
  atEnd(t, () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))
  return directory
}
