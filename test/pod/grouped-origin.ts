import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'

import { environmentName } from '../../app/settings.ts'
import type { LogLine, TestOrigin, TestSettings } from '../origin.ts'
import { within } from '../process/poll.ts'
import { type Ended, run } from '../process/programs.ts'
import type { Group } from './groups.ts'

const startMs = 20_000

const quickSettings: TestSettings = {
  'http.host': '127.0.0.1',
  'http.port': 0,
  'admin.host': '127.0.0.1',
  'admin.port': 0,
  'drain.quiet': '50ms',
  'drain.notice': '1s',
  'drain.deadline': '5s',
}

// Joins the groups named before `--`, then becomes the program after it: a process that begins in its
// group, as the one of a container does.
const joinAndBecome =
  'while [ "$1" != -- ]; do echo $$ > "$1" || exit 99; shift; done; shift; exec "$@"'

function wordsIn(groups: readonly Group[], flags: readonly string[]): readonly string[] {
  const files = groups.map(({ joinFile }) => joinFile)
  return ['-c', joinAndBecome, 'sh', ...files, '--', process.execPath, 'app/main.ts', ...flags]
}

/** What `--explain-resources` prints in these groups. */
export async function explainIn(groups: readonly Group[]): Promise<string> {
  const { code, stdout, stderr }: Ended = await run('sh', wordsIn(groups, ['--explain-resources']))
  if (code !== 0) throw new Error(`--explain-resources ended with ${code}: ${stderr}`)
  return stdout.toString()
}

export interface GroupedOrigin extends TestOrigin {
  /** The log line of the start. */
  readonly ready: LogLine
}

/** Starts the origin in real groups, with as many workers as it finds right; ends it with the test. */
export async function startOriginIn(
  t: TestContext,
  groups: readonly Group[],
  settings: TestSettings = {},
): Promise<GroupedOrigin> {
  const env = Object.fromEntries(
    Object.entries({ ...quickSettings, ...settings }).map(([name, value]) => [
      environmentName(name),
      String(value),
    ]),
  )
  const child = spawn('sh', wordsIn(groups, []), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { pid } = child
  if (pid === undefined) throw new Error('the shell did not start')
  const log: LogLine[] = []
  const waiting = new Set<() => void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    log.push(JSON.parse(line) as LogLine)
    for (const look of waiting) look()
  })
  const exited = once(child, 'exit').then(([code, signal]) => {
    return (code ?? signal) as number | NodeJS.Signals | null
  })
  t.after(async () => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await exited
    clearTimeout(timer)
  })
  const waitForLog = (matches: (line: LogLine) => boolean): Promise<LogLine> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = log.find(matches)
        if (found === undefined) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
      void exited.then((code) =>
        reject(new Error(`the origin ended (${code}): ${JSON.stringify(log.at(-1))}`)),
      )
    })
  const ready = await within('the origin is ready', waitForLog(isReady), startMs)
  const ports = ready['ports'] as TestOrigin['ports']
  return {
    url: `http://127.0.0.1:${ports.http}`,
    ports,
    pid,
    log,
    ready,
    waitForLog,
    signal: (signal) => child.kill(signal),
    exited,
  }
}

function isReady({ msg }: LogLine): boolean {
  return msg === 'ready'
}
