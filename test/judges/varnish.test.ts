// Varnish in front of the wire listener: HTTP/1.1, pooled connections and a health probe.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { ask } from '../support/ask.ts'
import { startOrigin } from '../support/origin.ts'
import { run } from '../support/programs.ts'
import { toolPath, without } from '../support/tools.ts'
import { until } from '../support/wait.ts'
import { checkPassage } from './behind-proxy.ts'
import { startVarnish } from './caching-proxies.ts'

suite('Varnish', { skip: without('varnishd') }, () => {
  test('passes what it can read', async (t) => {
    const origin = await startOrigin(t)
    const varnish = await startVarnish(t, { origin: origin.ports.wire })
    const { stderr } = await run(toolPath('varnishd'), ['-V'])
    await checkPassage(t, {
      port: varnish.port,
      version: '1.1',
      passesWebSocket: true,
      // It takes a 103 for the answer and misses its body ("Body cannot be fetched").
      hints: stderr.includes('varnish-7.1') ? 'broken' : 'unknown',
      // 7.1 wants the end right behind the last chunk ("chunked tail no NL"): 503, half an answer, or all of
      // it when the trailers come in a packet of their own.
      trailers: 'unknown',
    })
    await varnish.end()
  })

  test('is told by its probe when the origin drains', async (t) => {
    const origin = await startOrigin(t, { 'drain.quiet': '3s', 'drain.notice': '10s' })
    const probe = `.probe = {
      .url = "/health"; .interval = 100ms; .timeout = 2s; .window = 3; .threshold = 2; .initial = 3;
    }`
    const varnish = await startVarnish(t, { origin: origin.ports.wire, lines: probe })
    const { port } = varnish
    const status = async (): Promise<number> => (await ask(port, '/bin/1K')).status
    // Three probes are in by then, and the origin was well in all of them.
    for (let times = 0; times < 20; times++) assert.equal(await status(), 200)
    origin.signal('SIGTERM')
    await until('Varnish has no origin that is well', async () => (await status()) === 503)
    await varnish.end()
  })
})
