// nghttp shows every frame: trailers, interim answers, GOAWAY.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { startOrigin } from '../support/origin.ts'
import { type Ended, run } from '../support/programs.ts'
import { portOf } from '../support/tls-files.ts'
import { toolPath, without } from '../support/tools.ts'
import { until } from '../support/wait.ts'

function nghttp(...words: readonly string[]): Promise<Ended> {
  return run(toolPath('nghttp'), ['--null-out', '--verbose', ...words])
}

suite('nghttp', { skip: without('nghttp') }, () => {
  for (const isTls of [false, true]) {
    test(`sees trailers and 103 ${isTls ? 'over TLS' : 'in clear'}`, async (t) => {
      const origin = await startOrigin(t, { 'tls.selfSigned': true })
      const base = isTls
        ? `https://127.0.0.1:${portOf(origin, 'wireTls')}`
        : `http://127.0.0.1:${origin.ports.wire}`
      const trailers = await nghttp(`${base}/trailers?X-Sum=abc`)
      // A head, data, and a head that ends the stream.
      assert.match(
        trailers.stdout.toString(),
        /trailer: X-Sum[^]*recv DATA frame[^]*x-sum: abc\n[^\n]*recv HEADERS frame <[^>]*>\n\s+; END_STREAM/,
      )
      const hints = (await nghttp(`${base}/early-hints?count=2`)).stdout.toString()
      const statuses = [...hints.matchAll(/:status: (\d+)/g)].map(([, status]) => status)
      assert.deepEqual(statuses, ['103', '103', '200'])
      if (isTls) assert.match(trailers.stdout.toString(), /The negotiated protocol: h2/)
    })
  }

  test('is told the settings, and that WebSockets may be asked for', async (t) => {
    const origin = await startOrigin(t)
    const { stdout } = await nghttp(`http://127.0.0.1:${origin.ports.wire}/health`)
    const text = stdout.toString()
    assert.match(text, /recv SETTINGS frame[^]*SETTINGS_MAX_CONCURRENT_STREAMS\(0x03\):128/)
    assert.match(text, /SETTINGS_ENABLE_CONNECT_PROTOCOL\(0x08\):1/)
  })

  test('gets its answer in HTTP/1.1 when it asks to upgrade', async (t) => {
    const origin = await startOrigin(t)
    const { stdout, stderr } = await nghttp(
      '--upgrade',
      `http://127.0.0.1:${origin.ports.wire}/health`,
    )
    assert.match(stdout.toString(), /HTTP Upgrade response\nHTTP\/1\.1 200 OK\r?\n/)
    assert.match(stdout.toString(), /\{"status":"ok"\}/)
    assert.match(stderr, /HTTP Upgrade failed/)
  })

  test('is told GOAWAY when the origin drains, and gets what it waits for', async (t) => {
    const origin = await startOrigin(t, { 'drain.deadline': '20s' })
    const waiting = nghttp(`http://127.0.0.1:${origin.ports.wire}/delay/2000`)
    await until('the request is under way', async () => {
      const answer = await fetch(`http://127.0.0.1:${origin.ports.admin}/api/v1/stats`)
      const { active_requests: active } = (await answer.json()) as { active_requests: number }
      return active > 0
    })
    origin.signal('SIGTERM')
    const text = (await waiting).stdout.toString()
    assert.match(
      text,
      /recv GOAWAY frame[^]*error_code=NO_ERROR[^]*:status: 200[^]*recv DATA frame/,
    )
    assert.equal(await origin.exited, 0)
  })

  test('is told GOAWAY with the last request of a connection', async (t) => {
    const origin = await startOrigin(t, { 'keepAlive.requests': 1 })
    const { stdout } = await nghttp(`http://127.0.0.1:${origin.ports.wire}/bin/1K`)
    assert.match(stdout.toString(), /recv GOAWAY frame[^]*error_code=NO_ERROR/)
    assert.match(stdout.toString(), /:status: 200/)
  })
})
