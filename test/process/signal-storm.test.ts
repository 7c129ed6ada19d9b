import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'

import { anyPorts } from '../support/any-ports.ts'
import { ask } from '../support/ask.ts'
import { atEnd } from '../support/at-end.ts'
import { endWithUs } from '../support/children.ts'
import { type TestOrigin, environmentOf, originOf, startOrigin } from '../support/origin.ts'
import { createDirectory } from '../support/programs.ts'
import { until, within } from '../support/wait.ts'

const many = 1000

function storm(origin: TestOrigin, signal: NodeJS.Signals): void {
  for (let time = 0; time < many; time++) process.kill(origin.pid, signal)
}

async function serves(origin: TestOrigin): Promise<boolean> {
  return (await ask(origin.ports.http, '/')).status === 200
}

suite('a thousand signals', { concurrency: 2 }, () => {
  test('of kinds without a meaning end nothing, open no debugger and log little', async (t) => {
    const child = spawn(process.execPath, ['app/main.ts'], {
      env: { ...process.env, ...environmentOf({ ...anyPorts, workers: 1, 'drain.quiet': '50ms' }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    endWithUs(child)
    atEnd(t, () => child.kill('SIGKILL'))
    let stderr = ''
    child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()))
    const { whenReady } = originOf(child)
    const origin = await whenReady
    for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGPIPE', 'SIGWINCH', 'SIGCHLD'] as const) {
      storm(origin, signal)
      assert.ok(await serves(origin), signal)
    }
    const ignored = origin.log.filter(({ msg }) => msg?.startsWith('signal ignored') === true)
    assert.deepEqual(
      ignored.map((line) => line['signal']),
      ['SIGUSR1', 'SIGUSR2'],
    )
    assert.doesNotMatch(stderr, /Debugger/)
    origin.signal('SIGTERM')
    assert.equal(await within('the end', origin.exited), 0)
  })

  test('SIGHUP reads the settings again, a few times for all of them', async (t) => {
    const file = join(createDirectory(t), 'app.yaml')
    writeFileSync(file, 'log.level: debug\n')
    const origin = await startOrigin(t, { config: file })
    const looks = (): number => origin.log.filter(({ source }) => source === 'SIGHUP').length
    storm(origin, 'SIGHUP')
    await until('the settings are looked at', () => looks() > 0)
    assert.ok(await serves(origin))
    assert.ok(looks() < 20, `${looks()} looks`)
  })

  test('that drain end it at once with 0, and log that once', async (t) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
      const origin = await startOrigin(t, { 'drain.quiet': '60s', 'drain.notice': '60s' })
      storm(origin, signal)
      assert.equal(await within('the end', origin.exited), 0)
      const said = origin.log.filter(({ msg }) => msg?.startsWith('second signal') === true)
      assert.ok(said.length <= 1)
    }
  })
})

test('SIGQUIT drains, as an image of nginx is stopped', async (t) => {
  const origin = await startOrigin(t)
  origin.signal('SIGQUIT')
  const line = await origin.waitForLog(({ msg }) => msg === 'draining')
  assert.equal(line['reason'], 'SIGQUIT')
  assert.equal(await within('the end', origin.exited), 0)
})
