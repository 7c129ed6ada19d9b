// HAProxy in front of the wire and gRPC listeners: HTTP/1.1, h2 in clear and over TLS, PROXY protocol
// and its own health checks.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, suite, test } from 'node:test'

import { ask, jsonOf } from '../support/ask.ts'
import { type TestOrigin, type TestSettings, startOrigin } from '../support/origin.ts'
import { createDirectory, run } from '../support/programs.ts'
import { type HaproxyOptions, type Proxy, startHaproxy } from '../support/reverse-proxies.ts'
import { issue, portOf } from '../support/tls-files.ts'
import { toolPath, without } from '../support/tools.ts'
import { until } from '../support/wait.ts'
import { goTool, withoutGo } from '../tools/tools.ts'
import { type Passage, checkPassage } from './behind-proxy.ts'
import { interopCases } from './interop-cases.ts'

type Shown = Readonly<Record<string, unknown>>

const ways: readonly {
  readonly name: string
  readonly words: string
  readonly listener: 'wire' | 'wireTls'
  readonly settings?: TestSettings
  readonly passage: Omit<Passage, 'port'>
}[] = [
  {
    name: 'HTTP/1.1',
    words: '',
    listener: 'wire',
    passage: { version: '1.1', passesWebSocket: true, hints: 'passed', trailers: 'passed' },
  },
  {
    name: 'h2 in clear',
    words: 'proto h2',
    listener: 'wire',
    passage: { version: '2.0', passesWebSocket: true, hints: 'passed', trailers: 'passed' },
  },
  {
    name: 'h2 over TLS by ALPN',
    words: 'ssl verify none alpn h2,http/1.1',
    listener: 'wireTls',
    settings: { 'tls.selfSigned': true },
    passage: { version: '2.0', passesWebSocket: true, hints: 'passed', trailers: 'passed' },
  },
  {
    name: 'send-proxy',
    words: 'send-proxy',
    listener: 'wire',
    settings: { 'wire.proxyProtocol': 'required' },
    passage: { version: '1.1', passesWebSocket: true, hints: 'passed', trailers: 'passed' },
  },
  {
    name: 'send-proxy-v2 and h2',
    words: 'send-proxy-v2 proto h2',
    listener: 'wire',
    settings: { 'wire.proxyProtocol': 'required' },
    passage: { version: '2.0', passesWebSocket: true, hints: 'passed', trailers: 'passed' },
  },
]

async function startPair(
  t: TestContext,
  options: Omit<HaproxyOptions, 'origins'> & {
    readonly settings?: TestSettings
    readonly listener?: 'wire' | 'wireTls' | 'grpc'
  },
): Promise<{ readonly origin: TestOrigin; readonly proxy: Proxy }> {
  const origin = await startOrigin(t, options.settings)
  const proxy = await startHaproxy(t, {
    ...options,
    origins: [portOf(origin, options.listener ?? 'wire')],
  })
  return { origin, proxy }
}

const withHost = (version: string): string =>
  `option httpchk
  http-check send meth GET uri /health ver ${version} hdr Host origin.example`

suite('HAProxy', { skip: without('haproxy'), concurrency: 2 }, () => {
  for (const { name, words, listener, settings = {}, passage } of ways) {
    test(name, async (t) => {
      const { proxy } = await startPair(t, { words, listener, settings })
      await checkPassage(t, { ...passage, port: proxy.port })
      await proxy.end()
    })
  }

  for (const [words, version] of [
    ['send-proxy', 1],
    ['send-proxy-v2', 2],
  ] as const) {
    test(`${words} shows the client, and a header is required`, async (t) => {
      const settings = { 'wire.proxyProtocol': 'required' }
      const { origin, proxy } = await startPair(t, { words, settings })
      const { body } = await ask(proxy.port, '/')
      const shown = jsonOf(body)['proxy_protocol'] as Shown
      assert.deepEqual(
        [shown['version'], shown['command'], shown['family'], shown['destination']],
        [version, 'proxy', 'tcp4', `127.0.0.1:${proxy.port}`],
      )
      await assert.rejects(ask(origin.ports.wire, '/'), { code: 'ECONNRESET' })
      await proxy.end()
    })
  }

  test('send-proxy-v2 brings its fields', { skip: without('curl') }, async (t) => {
    const pem = join(createDirectory(t), 'tls.pem')
    const { cert, key } = await issue('sni.example')
    writeFileSync(pem, `${cert}\n${key}`)
    const { proxy } = await startPair(t, {
      words: 'send-proxy-v2-ssl proxy-v2-options unique-id,authority,crc32c',
      bindWords: `ssl crt ${pem}`,
      frontendLines: 'unique-id-format unique-%[rand(1)]',
      settings: { 'wire.proxyProtocol': 'required' },
    })
    const to = ['--resolve', `sni.example:${proxy.port}:127.0.0.1`]
    const url = `https://sni.example:${proxy.port}/`
    const { stdout } = await run(toolPath('curl'), ['-s', '-k', '--noproxy', '*', ...to, url])
    const { tlvs } = jsonOf(stdout)['proxy_protocol'] as { tlvs: { type: string; value: string }[] }
    const fields = new Map(tlvs.map(({ type, value }) => [type, value]))
    assert.deepEqual(
      [fields.get('authority'), fields.get('unique_id')],
      ['sni.example', 'unique-0'],
    )
    assert.match(fields.get('crc32c') ?? '', /^[\da-f]{8}$/)
    assert.ok(fields.has('ssl'), JSON.stringify(tlvs))
    await proxy.end()
  })

  for (const { name, lines, words } of [
    {
      name: 'HTTP/1.0 without Host',
      lines: 'option httpchk HEAD /health HTTP/1.0',
      words: '',
    },
    {
      name: 'HTTP/1.1 with Host and PROXY LOCAL',
      lines: withHost('HTTP/1.1'),
      words: 'send-proxy-v2 check-send-proxy',
    },
    {
      name: 'h2 with Host',
      // Without it there is no :authority, which nghttp2 and nginx refuse.
      lines: withHost('HTTP/2'),
      words: 'proto h2 check-proto h2',
    },
  ]) {
    test(`httpchk: ${name}`, async (t) => {
      const isProxied = words.includes('send-proxy')
      const { origin, proxy } = await startPair(t, {
        // Otherwise a check that takes longer than its interval fails.
        lines: `${lines}\n  timeout check 5s`,
        words: `${words} check inter 100ms fall 1 rise 1`,
        settings: {
          'drain.quiet': '3s',
          'drain.notice': '10s',
          'wire.proxyProtocol': isProxied ? 'required' : 'off',
        },
      })
      const status = async (): Promise<number> => (await ask(proxy.port, '/')).status
      // Checks begin within their interval, and one that fails takes the origin out.
      for (let times = 0; times < 20; times++) assert.equal(await status(), 200)
      origin.signal('SIGTERM')
      await until('HAProxy has taken the origin out', async () => (await status()) === 503)
      await proxy.end()
    })
  }

  test('gRPC through h2', { skip: withoutGo('grpc-interop-client') }, async (t) => {
    const { proxy } = await startPair(t, {
      listener: 'grpc',
      words: 'proto h2',
      bindWords: 'proto h2',
    })
    for (const name of interopCases) {
      await t.test(name, async () => {
        const where = ['-server_host', '127.0.0.1', '-server_port', String(proxy.port)]
        const words = [...where, '-test_case', name]
        const { code, stderr } = await run(goTool('grpc-interop-client'), words)
        assert.equal(code, 0, stderr)
      })
    }
    await proxy.end()
  })
})
