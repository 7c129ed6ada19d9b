import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, suite, test } from 'node:test'

import { anyPorts } from '../support/any-ports.ts'
import { ask } from '../support/ask.ts'
import { atEnd } from '../support/at-end.ts'
import {
  type TestOrigin,
  type TestSettings,
  endChild,
  environmentOf,
  originOf,
  startOrigin,
} from '../support/origin.ts'
import { createDirectory } from '../support/programs.ts'
import { adminStatus, scrape } from '../support/scrape.ts'
import { pause, until, within } from '../support/wait.ts'

interface Spinning {
  readonly origin: TestOrigin
  /** Has the worker of that index spin, and lets it go. */
  readonly spin: (index: number) => void
  readonly release: (index: number) => void
}

const quickSettings: TestSettings = {
  ...anyPorts,
  'http.host': '127.0.0.1',
  'admin.host': '127.0.0.1',
  workers: 2,
  'drain.quiet': '50ms',
  'drain.notice': '200ms',
  'drain.deadline': '5s',
}

const spinModule = new URL('./spin.ts', import.meta.url).href

async function startSpinning(t: TestContext, settings: TestSettings): Promise<Spinning> {
  const prefix = join(createDirectory(t), 'spin')
  const own = { SPIN: prefix, NODE_OPTIONS: `--import=${spinModule}` }
  const child = spawn(process.execPath, ['app/main.ts'], {
    env: { ...process.env, ...environmentOf({ ...quickSettings, ...settings }), ...own },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { whenReady, exited } = originOf(child)
  // However it ends: that is what some of these tests are about.
  atEnd(t, () => endChild(child, exited))
  return {
    origin: await whenReady,
    spin: (index) => writeFileSync(`${prefix}${index}`, ''),
    release: (index) => rmSync(`${prefix}${index}`),
  }
}

async function reasonOf({ ports }: TestOrigin, target: string): Promise<string> {
  return (await ask(ports.admin, target)).body.toString()
}

suite('a worker that spins', () => {
  test('is logged, counted and shown, another one serves, and it leaves when it answers again', async (t) => {
    const { origin, spin, release } = await startSpinning(t, {
      'stall.after': '2s',
      'stall.restart': 0,
    })
    spin(0)
    const line = await within(
      'the stall is logged',
      origin.waitForLog(({ msg }) => msg?.startsWith('worker does not answer') === true),
      { ms: 60_000 },
    )
    assert.deepEqual([line['level'], line['worker']], ['error', 0])
    await until('another worker serves', async () => {
      return (await scrape(origin)).value('hpdummy_workers') === 3
    })
    const numbers = await scrape(origin)
    assert.equal(numbers.value('hpdummy_worker_stalls_total'), 1)
    assert.equal(numbers.value('hpdummy_workers_stalled'), 1)
    await until('the numbers of the last second say it', async () => {
      const page = JSON.parse(await reasonOf(origin, '/api/v1/stats')) as {
        readonly worker_stalls: number
        readonly workers_detail: readonly { readonly stalled: boolean }[]
      }
      const stalled = page.workers_detail.map((worker) => worker.stalled)
      return page.worker_stalls === 1 && String(stalled) === 'true,false,false'
    })
    assert.equal(await reasonOf(origin, '/readyz'), 'not ready: 1 workers do not answer\n')
    assert.equal(await adminStatus(origin, '/livez'), 200)

    release(0)
    await within(
      'it answers',
      origin.waitForLog(({ msg }) => msg === 'worker answers again'),
    )
    await until('there are two again', async () => {
      const after = await scrape(origin)
      return after.value('hpdummy_workers') === 2 && after.value('hpdummy_workers_stalled') === 0
    })
    assert.equal(await adminStatus(origin, '/readyz'), 200)
  })

  test('for good fails liveness, with the reason, and does not delay the end', async (t) => {
    const { origin, spin } = await startSpinning(t, { 'stall.after': '1s', 'stall.restart': '2s' })
    spin(1)
    await until('/livez is 503', async () => (await adminStatus(origin, '/livez')) === 503, {
      ms: 60_000,
    })
    assert.match(await reasonOf(origin, '/livez'), /^worker 1 has not answered for \d+ s\n$/)
    origin.signal('SIGTERM')
    assert.equal(await within('the end', origin.exited), 'SIGKILL')
    const last = origin.log.at(-1)
    assert.equal(last?.msg, 'workers do not answer: killing the process')
  })

  test('does not keep the others from new settings', async (t) => {
    const file = join(createDirectory(t), 'app.yaml')
    writeFileSync(file, 'limits.count: 1\n')
    const { origin, spin } = await startSpinning(t, { config: file, 'stall.after': '1s' })
    spin(0)
    await within(
      'the stall',
      origin.waitForLog(({ level }) => level === 'error'),
      { ms: 60_000 },
    )
    writeFileSync(file, 'limits.count: 2\n')
    await within(
      'applied',
      origin.waitForLog(({ msg }) => msg === 'settings applied'),
      { ms: 60_000 },
    )
  })
})

test('a process that was stopped as a whole has no stalled worker', async (t) => {
  const origin = await startOrigin(t, { 'stall.after': '3s', workers: 2 })
  origin.signal('SIGSTOP')
  // Longer than stall.after.
  await pause(5000)
  origin.signal('SIGCONT')
  await until('it answers', async () => (await adminStatus(origin, '/readyz')) === 200)
  // Time for a look at the workers that finds one.
  await pause(1500)
  assert.equal((await scrape(origin)).value('hpdummy_worker_stalls_total'), 0)
})
