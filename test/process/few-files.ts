import { spawn } from 'node:child_process'
import type { TestContext } from 'node:test'

import { anyPorts } from '../support/any-ports.ts'
import { atEnd } from '../support/at-end.ts'
import {
  type TestOrigin,
  type TestSettings,
  endChild,
  environmentOf,
  originOf,
} from '../support/origin.ts'

export interface Scarcity {
  /** How many files it may open. */
  readonly files: number
  readonly env?: Readonly<Record<string, string>>
}

/** Starts an origin that may open only so many files, soft and hard, as a user's shell would have it. */
export async function startWithFiles(
  t: TestContext,
  { files, env = {} }: Scarcity,
  settings: TestSettings = {},
): Promise<TestOrigin> {
  const quick: TestSettings = {
    ...anyPorts,
    'http.host': '127.0.0.1',
    'admin.host': '127.0.0.1',
    workers: 1,
    'drain.quiet': '50ms',
    'drain.notice': '200ms',
    'drain.deadline': '2s',
  }
  const script = `ulimit -n ${files} && exec "$0" app/main.ts`
  const child = spawn('sh', ['-c', script, process.execPath], {
    env: { ...process.env, ...environmentOf({ ...quick, ...settings }), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const origin = originOf(child)
  atEnd(t, async () => {
    await endChild(child, origin.exited)
    if (child.exitCode !== 0) throw new Error(`the origin ended with ${child.exitCode}`)
  })
  return origin.whenReady
}
