// A drain with as many idle clients as the machine has files for: all are let go, and the process ends well.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { atEnd } from '../support/at-end.ts'
import { endWithUs } from '../support/children.ts'
import { startOrigin } from '../support/origin.ts'
import { scrape } from '../support/scrape.ts'
import { within } from '../support/wait.ts'
import type { Closed, Opened } from './idle-clients.ts'

const most = 20_000

const script = fileURLToPath(new URL('idle-clients.ts', import.meta.url))

/** Starts so many; the first line is `Opened`, the second `Closed`. */
function startClients(
  t: TestContext,
  port: number,
  count: number,
): { readonly next: <T>(what: string) => Promise<T> } {
  const words = [script, String(port), String(count)]
  const child = endWithUs(spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] }))
  atEnd(t, () => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async <T>(what: string): Promise<T> => {
    const { value } = await within(what, lines.next(), { ms: 120_000 })
    return JSON.parse(String(value)) as T
  }
  return { next }
}

for (const name of ['http', 'wire'] as const) {
  test(`thousands of idle connections on ${name} are let go by a drain`, async (t) => {
    const origin = await startOrigin(t, { 'drain.deadline': '1m' })
    // What the open-file limit allows is the clients' limit, too: it is the same.
    const limit = (await scrape(origin)).value('hpdummy_connections_limit') ?? 0
    const clients = startClients(t, origin.ports[name], Math.min(most, limit))
    const { opened } = await clients.next<Opened>('the connections')
    assert.ok(opened > 0)
    const beganAt = performance.now()
    origin.signal('SIGTERM')
    const { closed, reset } = await clients.next<Closed>('the end of all')
    const closedMs = Math.round(performance.now() - beganAt)
    assert.equal(await origin.exited, 0)
    const exitedMs = Math.round(performance.now() - beganAt)
    assert.equal(closed, opened)
    t.diagnostic(
      `${closed} closed within ${closedMs} ms, ${reset} of them by a reset; exit after ${exitedMs} ms`,
    )
  })
}
