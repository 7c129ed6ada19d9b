// Peers that vanish: no FIN, no reset, no answer to anything.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { atEnd } from '../support/at-end.ts'
import { endWithUs } from '../support/children.ts'
import { Machine, missingNetwork } from '../support/network.ts'
import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { scrape } from '../support/scrape.ts'
import { until, within } from '../support/wait.ts'

const script = fileURLToPath(new URL('vanishing-clients.ts', import.meta.url))

// After the silence that tcp.keepAlive says come ten probes a second apart.
const noticedMs = 60_000

async function connectFrom(t: TestContext, machine: Machine, { ports }: TestOrigin): Promise<void> {
  const [path, words] = machine.on(process.execPath, [
    script,
    machine.address,
    JSON.stringify(ports),
  ])
  const child = endWithUs(spawn(path, words, { stdio: ['ignore', 'pipe', 'inherit'] }))
  const exited = once(child, 'exit')
  atEnd(t, async () => {
    child.kill('SIGKILL')
    await exited
  })
  await within('all are connected', once(child.stdout, 'data'))
}

suite('peers that vanish', { skip: missingNetwork() }, () => {
  test('are noticed on every listener, in every state', async (t) => {
    const machine = Machine.create(t)
    const origin = await startOrigin(t, {
      'http.host': machine.address,
      'tcp.keepAlive': '1s',
      // Nothing else is to end them.
      'keepAlive.idle': 0,
      'tcp.idle': 0,
    })
    await connectFrom(t, machine, origin)
    const open = async (): Promise<number> => (await scrape(origin)).openConnections ?? Number.NaN
    const before = await open()
    assert.ok(before >= 8, `${before} connections`)
    machine.vanish()
    await until('all of them are gone', open, { holds: (count) => count === 0, ms: noticedMs })
    const active = async (): Promise<number> => (await scrape(origin)).activeRequests ?? Number.NaN
    await until('their requests are over', active, { holds: (count) => count === 0 })
  })
})
