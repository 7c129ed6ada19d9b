import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { suite, test } from 'node:test'

import { ask } from '../support/ask.ts'
import { cutOf, inPhase, phases } from '../support/drain-log.ts'
import { startOrigin } from '../support/origin.ts'
import { canConnect, freePort } from '../support/ports.ts'
import { createDirectory, runHpdummy, startHpdummy, startProgram } from '../support/programs.ts'
import { connectTo, rawRequest } from '../support/raw.ts'
import { adminStatus, scrape } from '../support/scrape.ts'
import { toolPath, without } from '../support/tools.ts'
import { pause, until, within } from '../support/wait.ts'

suite('a signal ends the origin', { concurrency: 2 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} drains through its phases and exits 0`, async (t) => {
      const origin = await startOrigin(t)
      await ask(origin.ports.http, '/')
      origin.signal(signal)
      assert.equal(await origin.exited, 0)
      assert.deepEqual(await cutOf(origin), { connections: 0, exchanges: 0 })
      assert.deepEqual(phases(origin), ['notice', 'finishing', 'stopped'])
      assert.ok(origin.log.some((line) => line.msg === 'draining' && line['reason'] === signal))
    })
  }

  test('probes show the drain: not ready, live, and at last no connection is accepted', async (t) => {
    const origin = await startOrigin(t, { 'drain.quiet': '2s', 'drain.notice': '20s' })
    const stream = connectTo(t, origin)
    stream.send(rawRequest('GET /sse?count=0&interval=100ms'))
    await until('the stream runs', () => stream.waiting > 0)
    assert.deepEqual(
      [await adminStatus(origin, '/readyz'), await adminStatus(origin, '/livez')],
      [200, 200],
    )
    origin.signal('SIGTERM')

    await origin.waitForLog(inPhase('notice'))
    assert.deepEqual(
      [await adminStatus(origin, '/readyz'), await adminStatus(origin, '/livez')],
      [503, 200],
    )
    assert.equal((await scrape(origin)).value('hpdummy_drain_phase'), 2)
    const health = await ask(origin.ports.http, '/health')
    assert.deepEqual(
      [health.status, JSON.parse(health.body.toString())],
      [503, { status: 'unavailable' }],
    )

    await origin.waitForLog(inPhase('finishing'))
    await until('nobody is let in', async () => !(await canConnect(origin.ports.http)))
    assert.deepEqual(
      [await adminStatus(origin, '/readyz'), await adminStatus(origin, '/livez')],
      [503, 200],
    )
    assert.equal((await scrape(origin)).value('hpdummy_drain_phase'), 3)
    stream.leave()
    assert.equal(await within('the end', origin.exited), 0)
  })

  test('a second signal ends it at once, with exit code 0', async (t) => {
    const origin = await startOrigin(t, {
      'drain.quiet': '60s',
      'drain.notice': '60s',
      'drain.deadline': '60s',
    })
    const stuck = connectTo(t, origin)
    stuck.socket.pause()
    stuck.send(rawRequest('GET /bin/10G'))
    await until(
      'the download is under way',
      async () => (await scrape(origin)).activeRequests === 1,
    )
    origin.signal('SIGTERM')
    await origin.waitForLog(inPhase('notice'))
    origin.signal('SIGINT')
    assert.equal(await within('the end', origin.exited, { ms: 10_000 }), 0)
    assert.equal((await cutOf(origin)).exchanges, 1)
  })

  test('a signal while it starts ends it, too', async (t) => {
    const port = await freePort()
    const flags = `--workers=2 --http-host=127.0.0.1 --http-port=${port} --admin-host=127.0.0.1 --admin-port=0 --drain-quiet=10ms --drain-notice=20ms`
    for (const delayMs of [250, 350, 450, 550, 650]) {
      const origin = startHpdummy(t, flags)
      await pause(delayMs)
      const code = await within('the end', origin.end(), { ms: 10_000 })
      // Before Node runs our first line a signal does what it does to any process.
      assert.ok(code === 0 || code === 'SIGTERM', `after ${delayMs} ms: ${code}`)
    }
  })

  test('the temporary directory of a self-signed certificate is gone after the end', async (t) => {
    const TMPDIR = createDirectory(t)
    const [http, admin] = [await freePort(), await freePort()]
    const flags = `--workers=1 --http-host=127.0.0.1 --http-port=${http} --https-port=0 --admin-host=127.0.0.1 --admin-port=${admin} --tls-self-signed --drain-quiet=10ms`
    const origin = startHpdummy(t, flags, { TMPDIR })
    await until('it is ready', async () => {
      return (await canConnect(admin)) && (await ask(admin, '/readyz')).status === 200
    })
    assert.match(readdirSync(TMPDIR).join(), /^hpdummy-tls-\w+$/)
    assert.equal(await origin.end(), 0)
    assert.deepEqual(readdirSync(TMPDIR), [])

    // Nobody's address, so that the start fails after the certificate was made.
    const failing = await runHpdummy([...flags.split(' '), '--http-host=192.0.2.1'], { TMPDIR })
    assert.deepEqual([failing.code, readdirSync(TMPDIR)], [1, []])
  })
})

test(
  'it never aborts: ten short lives with two workers under load all end with 0',
  { skip: without('wrk') },
  async (t) => {
    const port = await freePort()
    const words = ['-t1', '-c32', '-d30s', `http://127.0.0.1:${port}/bin/1K`]
    for (let life = 1; life <= 10; life++) {
      const origin = await startOrigin(t, {
        workers: 2,
        'http.port': port,
        'drain.quiet': '20ms',
        'drain.notice': '100ms',
        'drain.deadline': '2s',
      })
      const load = startProgram(t, { path: toolPath('wrk'), words })
      await until('it is under load', async () => {
        const requests = (await scrape(origin)).value('http_server_request_duration_seconds_count')
        return (requests ?? 0) > 1000
      })
      origin.signal('SIGTERM')
      assert.equal(await within('the end', origin.exited), 0, `life ${life}`)
      await load.end()
    }
  },
)
