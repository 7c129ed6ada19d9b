import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { TestContext } from 'node:test'

import type { PortName, ports } from '../../app/config/ports.ts'
import { environmentName } from '../../app/config/settings.ts'
import { anyPorts } from './any-ports.ts'
import { atEnd } from './at-end.ts'
import { endWithUs } from './children.ts'

/** A live origin for a test, or the one TARGET names. */
export interface TestOrigin {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string
  /** By listener; those that need a certificate are there when there is one. */
  readonly ports: OpenPorts
  readonly pid: number
  /** The log line of the start. */
  readonly ready: LogLine
  /** All log lines so far, parsed. */
  readonly log: readonly LogLine[]
  /** Resolves to the first log line, past or future, that `matches`. */
  waitForLog(matches: (line: LogLine) => boolean): Promise<LogLine>
  signal(signal: NodeJS.Signals): void
  /** Resolves to the exit code (or the signal's name) when the process is gone. */
  readonly exited: Promise<number | NodeJS.Signals | null>
}

type TlsPortName = {
  [Name in PortName]: (typeof ports)[Name]['isTls'] extends true ? Name : never
}[PortName]

export type OpenPorts = Readonly<Record<Exclude<PortName, TlsPortName> | 'admin', number>> &
  Readonly<Partial<Record<TlsPortName, number>>>

export type LogLine = Readonly<Record<string, unknown>> & { readonly msg?: string }

export type TestSettings = Readonly<Record<string, string | number | boolean>>

// Below the time of a test. A machine with two cores and sixteen things to do took 20 s.
const startMs = 60_000

// A drain takes as long as these say, and tests that do not ask should not wait for it.
const quickSettings: TestSettings = {
  ...anyPorts,
  'http.host': '127.0.0.1',
  'admin.host': '127.0.0.1',
  workers: 1,
  'drain.quiet': '50ms',
  'drain.notice': '200ms',
  'drain.deadline': '5s',
}

/** The environment that says `settings`. */
export function environmentOf(settings: TestSettings): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [environmentName(name), String(value)]),
  )
}

/**
 * Starts the origin on free ports with `settings` (by their dotted names) over quick defaults, and
 * ends it with the test. Fails the test when the origin ended by itself with anything but 0.
 */
export async function startOrigin(
  t: TestContext,
  settings: TestSettings = {},
  env: Readonly<Record<string, string>> = {},
): Promise<TestOrigin> {
  const child = spawn(process.execPath, ['app/main.ts'], {
    env: { ...process.env, ...environmentOf({ ...quickSettings, ...settings }), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const origin = originOf(child)
  atEnd(t, () => end(child, origin))
  return origin.whenReady
}

/** An origin that is starting: its log and its end, and the whole when it is ready. */
export interface StartingOrigin extends Pick<TestOrigin, 'log' | 'waitForLog' | 'exited'> {
  /** Rejects when it ends before; killed when it takes too long. */
  readonly whenReady: Promise<TestOrigin>
}

/** Reads the log of an origin that was just spawned with its standard output piped. */
export function originOf(child: ChildProcess & { readonly stdout: Readable }): StartingOrigin {
  const log: LogLine[] = []
  const waiting = new Set<() => void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    log.push(JSON.parse(line) as LogLine)
    for (const look of waiting) look()
  })
  const exited = once(endWithUs(child), 'exit').then(([code, signal]) => {
    return (code ?? signal) as number | NodeJS.Signals | null
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
        reject(new Error(`the origin ended (${code}): ${JSON.stringify(log)}`)),
      )
    })

  const timer = setTimeout(() => child.kill('SIGKILL'), startMs)
  const ready = waitForLog((line) => line.msg === 'ready').finally(() => clearTimeout(timer))
  const whenReady = ready.then((line): TestOrigin => {
    const ports = line['ports'] as TestOrigin['ports']
    const { pid } = child
    if (pid === undefined) throw new Error('the origin did not start')
    const url = `http://127.0.0.1:${ports.http}`
    const signal = (name: NodeJS.Signals): boolean => child.kill(name)
    return { url, ports, pid, ready: line, log, waitForLog, signal, exited }
  })
  return { log, waitForLog, exited, whenReady }
}

/** Has a process drain, and kills it when that takes too long; resolves when it is gone. */
export async function endChild(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await exited
  clearTimeout(timer)
}

async function end(child: ChildProcess, { exited }: StartingOrigin): Promise<void> {
  await endChild(child, exited)
  if (child.exitCode !== 0)
    throw new Error(`the origin ended with ${child.exitCode ?? child.signalCode}`)
}
