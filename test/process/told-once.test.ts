// What the log says while settings change: each worker's replacement, and a bad file once.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { type TestOrigin, startOrigin } from '../support/origin.ts'
import { createDirectory } from '../support/programs.ts'
import { until } from '../support/wait.ts'

async function startWatching(
  t: TestContext,
  settings: Readonly<Record<string, string | number>>,
): Promise<{ readonly origin: TestOrigin; readonly write: (text: string) => void }> {
  const directory = createDirectory(t)
  const write = (text: string): void => writeFileSync(join(directory, 'app.yaml'), text)
  write('echo: {bodyLimit: 1K}\n')
  const origin = await startOrigin(t, { config: directory, ...settings })
  return { origin, write }
}

test('a rolling change logs the replacement of each worker', async (t) => {
  const { origin, write } = await startWatching(t, { workers: 2 })
  write('buffer: {size: 64K}\n')
  await origin.waitForLog(({ msg }) => msg === 'settings applied')
  const told = origin.log.filter(({ msg }) => msg === 'worker replaced')
  assert.deepEqual(
    told.map(({ worker, by, cut }) => ({ worker, by, cut })),
    [
      { worker: 0, by: 2, cut: { connections: 0, exchanges: 0 } },
      { worker: 1, by: 3, cut: { connections: 0, exchanges: 0 } },
    ],
  )
  assert.ok(told.every(({ seconds }) => Number(seconds) > 0))
})

test('a bad file is logged once, a different one, too, and so is the end of the problem', async (t) => {
  const { origin, write } = await startWatching(t, { 'log.level': 'debug' })
  const told = (): readonly unknown[] =>
    origin.log.map(({ msg = '' }) => msg).filter((msg) => /^settings (?!unchanged)/.test(msg))
  const expected = ['settings rejected']
  const becomes = async (text: string, ...msgs: readonly string[]): Promise<void> => {
    write(text)
    expected.push(...msgs)
    await until('the log has another line', () => told().length >= expected.length)
    assert.deepEqual(told(), expected)
  }
  await becomes('echo: {bodyLimit: many}\n')
  await becomes('echo: {bodyLimit: many} # and again\n', 'settings still rejected')
  await becomes('echo: {bodyLimit: some}\n', 'settings rejected')
  await becomes('echo: {bodyLimit: 1K}\n', 'settings correct again, nothing changed')
  await becomes('echo: {bodyLimit: 2K}\n', 'settings applied')
  // Whoever asks gets an answer each time.
  await becomes('echo: {bodyLimit: few}\n', 'settings rejected')
  origin.signal('SIGHUP')
  expected.push('settings rejected')
  await until('the signal is answered', () => told().length >= expected.length)
  assert.deepEqual(told(), expected)
})
