import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'

import { environmentName } from '../../app/config/settings.ts'
import { anyPorts } from '../support/any-ports.ts'
import { programPath } from '../support/installed.ts'
import type { LogLine, TestOrigin, TestSettings } from '../support/origin.ts'
import { until } from '../support/wait.ts'
import { environment, podman } from './engine.ts'

/** What the restricted profile of Kubernetes' Pod Security Standards asks for, and a little more: nothing is writable. */
export const restricted: readonly string[] =
  '--read-only --read-only-tmpfs=false --user 65532:65532 --cap-drop ALL --security-opt no-new-privileges'.split(
    ' ',
  )

/** What a container is started with. */
export interface ContainerOptions {
  readonly image: string
  /** Flags of `podman run`. */
  readonly flags?: readonly string[]
  readonly settings?: TestSettings
}

/** An origin in a container; its `pid` is the host's number for the container's process 1. */
export interface ContainedOrigin extends TestOrigin {
  readonly container: string
  /** From `podman run` to the log saying ready. */
  readonly readyMs: number
}

// The host's network, for the traffic of tests goes to loopback only.
const settingsOfAll: TestSettings = {
  ...anyPorts,
  'http.host': '127.0.0.1',
  'admin.host': '127.0.0.1',
  'drain.quiet': '50ms',
  'drain.notice': '300ms',
  'drain.deadline': '5s',
}

let started = 0

/** Starts the image, restricted unless its flags say otherwise, and removes the container with the test. */
export async function startContainer(
  t: TestContext,
  { image, flags = restricted, settings = {} }: ContainerOptions,
): Promise<ContainedOrigin> {
  const container = `hpdummy-test-${process.pid}-${++started}`
  const variables = Object.entries({ ...settingsOfAll, ...settings }).flatMap(([name, value]) => [
    '--env',
    `${environmentName(name)}=${value}`,
  ])
  t.after(() => podman('rm', '--force', '--time', '0', '--ignore', container))
  const startedAt = performance.now()
  const words = ['run', '--name', container, '--network', 'host', ...flags, ...variables, image]
  const child = spawn(programPath('podman'), words, {
    env: { ...process.env, ...environment() },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const log: LogLine[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    log.push(JSON.parse(line) as LogLine)
  })
  const exited = once(child, 'close').then(([code, signal]) => {
    return (code ?? signal) as number | NodeJS.Signals | null
  })
  const waitForLog = async (matches: (line: LogLine) => boolean): Promise<LogLine> => {
    await until(`${container} logs what is awaited`, () => {
      if (child.exitCode !== null) throw new Error(`it ended: ${JSON.stringify(log)}`)
      return log.some(matches)
    })
    return log.find(matches) ?? {}
  }
  const ready = await waitForLog(({ msg }) => msg === 'ready')
  const readyMs = Math.round(performance.now() - startedAt)
  const ports = ready['ports'] as TestOrigin['ports']
  const pid = (await containerState(container)).Pid
  return {
    container,
    readyMs,
    ready,
    ports,
    pid,
    log,
    waitForLog,
    exited,
    url: `http://127.0.0.1:${ports.http}`,
    // podman hands on to process 1 what it gets.
    signal: (signal) => child.kill(signal),
  }
}

/** The state of a container, as podman has it. */
export async function containerState(container: string): Promise<{
  readonly Pid: number
  readonly Running: boolean
  readonly OOMKilled: boolean
  readonly ExitCode: number
}> {
  const text = await podman('inspect', '--format', '{{json .State}}', container)
  return JSON.parse(text) as Awaited<ReturnType<typeof containerState>>
}
