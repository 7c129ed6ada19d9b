// Probes go on while the origin drains, and say nothing of clients that still come.
import assert from 'node:assert/strict'
import { type TestContext, suite, test } from 'node:test'

import { ask } from '../support/ask.ts'
import { inPhase, phases } from '../support/drain-log.ts'
import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { pause, until, within } from '../support/wait.ts'

/** An origin that would wait for a quiet time for far longer than a test does. */
function startPatient(t: TestContext): Promise<TestOrigin> {
  const patience = { 'drain.quiet': '1s', 'drain.notice': '10m', 'drain.deadline': '20m' }
  return startOrigin(t, patience)
}

/** Asks on a new connection every 100 ms until the port is closed; resolves to how often it was answered. */
async function askOnAndOn(port: number, target: string, isOver: () => boolean): Promise<number> {
  for (let answered = 0; ; answered++) {
    try {
      await ask(port, target)
    } catch {
      return answered
    }
    if (isOver()) return answered
    await pause(100)
  }
}

suite('a drain', { concurrency: 2 }, () => {
  for (const listener of ['http', 'wire'] as const) {
    test(`does not wait for probes of ${listener}, and says what it waits for`, async (t) => {
      const origin = await startPatient(t)
      const port = origin.ports[listener]
      const asked = askOnAndOn(port, '/health', () => false)
      await ask(port, '/health')
      origin.signal('SIGTERM')
      const notice = await origin.waitForLog(inPhase('notice'))
      assert.match(String(notice['waitingFor']), /^1s without a new connection/)
      await within('the end', origin.exited)
      assert.ok((await asked) > 5, 'the probes were answered meanwhile')
      const finishing = origin.log.find(inPhase('finishing'))
      assert.match(String(finishing?.['waitingFor']), /^0 exchanges and \d+ connections to end/)
    })
  }

  test('waits for clients that still come', async (t) => {
    const origin = await startPatient(t)
    let isOver = false
    const asked = askOnAndOn(origin.ports.http, '/bin/1', () => isOver)
    origin.signal('SIGTERM')
    await origin.waitForLog(inPhase('notice'))
    await pause(2500)
    assert.deepEqual(phases(origin), ['notice'])
    isOver = true
    await asked
    await until('the quiet time is over', () => phases(origin).includes('finishing'))
  })
})
