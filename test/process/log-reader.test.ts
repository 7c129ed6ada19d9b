// Standard output is a pipe, and whoever reads it may stop, or leave.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, suite, test } from 'node:test'

import { atEnd } from '../support/at-end.ts'
import { endWithUs } from '../support/children.ts'
import { environmentOf } from '../support/origin.ts'
import { freePort } from '../support/ports.ts'
import { run } from '../support/programs.ts'
import { without } from '../support/tools.ts'
import { until, within } from '../support/wait.ts'

interface Unread {
  readonly child: ChildProcess
  readonly url: string
  readonly admin: string
}

/** An origin whose log is read up to the line of its start, and then as the test likes. */
async function startUnread(t: TestContext): Promise<Unread> {
  const [http, admin] = [await freePort(), await freePort()]
  const settings = {
    'http.host': '127.0.0.1',
    'http.port': http,
    'admin.port': admin,
    workers: 1,
    'log.requests': true,
    'memory.reportInterval': '1s',
    'drain.quiet': '50ms',
    'drain.notice': '200ms',
  }
  const child = endWithUs(
    spawn(process.execPath, ['app/main.ts'], {
      env: { ...process.env, ...environmentOf(settings) },
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  atEnd(t, () => child.kill('SIGKILL'))
  let seen = ''
  for await (const bytes of child.stdout.iterator({ destroyOnReturn: false })) {
    seen += String(bytes)
    if (seen.includes('"msg":"ready"')) break
  }
  child.stdout.pause()
  return { child, url: `http://127.0.0.1:${http}`, admin: `http://127.0.0.1:${admin}` }
}

async function readiness({ admin }: Unread): Promise<number> {
  return (await within('/readyz', fetch(`${admin}/readyz`), { ms: 5000 })).status
}

/** More lines than a pipe holds, and some of ours. */
async function makeLines({ url }: Unread): Promise<void> {
  await run('wrk', ['-t1', '-c8', '-d3s', `${url}/`])
}

suite('a log that nobody reads', { skip: without('wrk'), concurrency: 2 }, () => {
  test('does not delay anything while its reader sleeps, and the origin ends on a signal', async (t) => {
    const origin = await startUnread(t)
    await makeLines(origin)
    assert.equal(await readiness(origin), 200)
    assert.equal((await fetch(origin.url)).status, 200)
    const ended = once(origin.child, 'exit')
    origin.child.kill('SIGTERM')
    assert.deepEqual(await within('the end', ended, { ms: 10_000 }), [0, null])
  })

  test('does not end the origin when its reader leaves', async (t) => {
    const origin = await startUnread(t)
    origin.child.stdout?.destroy()
    await makeLines(origin)
    await until('a second has passed', async () => (await readiness(origin)) === 200)
    const ended = once(origin.child, 'exit')
    origin.child.kill('SIGTERM')
    assert.deepEqual(await within('the end', ended, { ms: 10_000 }), [0, null])
  })
})
