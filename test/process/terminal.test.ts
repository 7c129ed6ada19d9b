// What a person sees who starts the origin on a terminal: `script` gives it one.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, suite, test } from 'node:test'

import { anyPorts } from '../support/any-ports.ts'
import { environmentOf, startOrigin } from '../support/origin.ts'
import { without } from '../support/tools.ts'
import { until, within } from '../support/wait.ts'

const escape = '\u001B['

/** An origin on a terminal, and what it has written there. */
interface OnTerminal {
  readonly child: ChildProcess
  readonly text: () => string
  readonly type: (keys: string) => void
}

function startOnTerminal(t: TestContext, env: Readonly<Record<string, string>>): OnTerminal {
  const command = `exec ${process.execPath} app/main.ts`
  const own = environmentOf({ ...anyPorts, workers: 1, 'drain.quiet': '50ms' })
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { PATH: process.env['PATH'], TERM: 'xterm', ...own, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()))
  t.after(() => child.kill('SIGKILL'))
  return { child, text: () => text, type: (keys) => void child.stdin.write(keys) }
}

suite('on a terminal', { skip: without('script') }, () => {
  test('the start is a banner with URLs, the log is for people, and Ctrl-C drains', async (t) => {
    const { child, text, type } = startOnTerminal(t, {})
    await until('the banner is there', () => text().includes('Ctrl-C drains, twice ends at once.'))
    for (const [name, url] of [
      ['http', /http:\/\/localhost:\d+/],
      ['grpc', /localhost:\d+/],
      ['dashboard', /http:\/\/localhost:\d+\/dashboard/],
    ] as const) {
      assert.match(text(), new RegExp(`^  ${name} +${url.source} `, 'm'))
    }
    const { port = '' } = /^ {2}http +http:\/\/localhost:(?<port>\d+)/m.exec(text())?.groups ?? {}
    assert.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200)
    const exited = once(child, 'exit')
    type('\u0003')
    const [code] = (await within('the end', exited)) as [number]
    assert.equal(code, 0)
    assert.match(text(), /INFO.*draining/)
    assert.ok(text().includes(escape), 'in colours')
    assert.ok(!text().includes('"level":'), 'no JSON lines')
  })

  for (const [what, env, holds] of [
    [
      'NO_COLOR takes the colours away',
      { NO_COLOR: '1' },
      (text: string) => !text.includes(escape),
    ],
    [
      'log.format=json leaves the banner out',
      { HPDUMMY_LOG_FORMAT: 'json' },
      (text: string) => text.includes('"msg":"ready"') && !text.includes('Ctrl-C drains'),
    ],
  ] as const) {
    test(what, async (t) => {
      const { child, text, type } = startOnTerminal(t, env)
      await until('it is ready', () => /Ctrl-C drains|"msg":"ready"/.test(text()))
      const exited = once(child, 'exit')
      type('\u0003')
      await within('the end', exited)
      assert.ok(holds(text()), text())
    })
  }
})

test('FORCE_COLOR colours the log of people elsewhere, too', async (t) => {
  const env = { ...process.env, ...environmentOf({ ...anyPorts, workers: 1 }), FORCE_COLOR: '1' }
  const words = ['app/main.ts', '--log-format=pretty']
  const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  let text = ''
  child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()))
  await until('it is ready', () => text.includes('ready'))
  assert.ok(text.includes(escape), text)
  // There is no terminal, and so nobody to read a banner.
  assert.doesNotMatch(text, /Ctrl-C/)
})

test('where there is no terminal, the log is JSON', async (t) => {
  const origin = await startOrigin(t)
  assert.equal(origin.ready.msg, 'ready')
})
