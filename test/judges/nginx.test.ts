// nginx in front of the wire and gRPC listeners: HTTP/1.0 and 1.1, grpc_pass, PROXY protocol.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { suite, test } from 'node:test'

import { ask, jsonOf } from '../support/ask.ts'
import { startOrigin } from '../support/origin.ts'
import { freePort } from '../support/ports.ts'
import { run } from '../support/programs.ts'
import { startNginx, startNginxWith } from '../support/reverse-proxies.ts'
import { toolPath, without } from '../support/tools.ts'
import { goTool, withoutGo } from '../tools/tools.ts'
import { type Fate, checkPassage } from './behind-proxy.ts'
import { interopCases } from './interop-cases.ts'

const streamModule = '/usr/lib/nginx/modules/ngx_stream_module.so'

suite('nginx', { skip: without('nginx'), concurrency: 2 }, () => {
  for (const httpVersion of ['1.0', '1.1'] as const) {
    test(`proxy_http_version ${httpVersion}`, async (t) => {
      const origin = await startOrigin(t)
      const nginx = await startNginx(t, { origins: [origin.ports.wire], httpVersion })
      await checkPassage(t, {
        port: nginx.port,
        version: httpVersion,
        passesWebSocket: httpVersion === '1.1',
        hints: httpVersion === '1.0' ? 'dropped' : await fateOfHints(),
        trailers: 'dropped',
      })
      await nginx.end()
    })
  }

  test('sees no error when the origin ends connections it has kept', async (t) => {
    const origin = await startOrigin(t, { 'keepAlive.requests': 7 })
    const nginx = await startNginx(t, { origins: [origin.ports.wire] })
    const { port } = nginx
    const connections = new Set<unknown>()
    const requests = 350
    for (let sent = 0; sent < requests; sent++) {
      // nginx never sends a POST twice, so that one which met a closing connection would be a 502.
      const { status, body } = await ask(port, '/', { method: 'POST', body: 'x' })
      assert.equal(status, 200, `request ${sent}`)
      connections.add(jsonOf(body)['source_addr'])
    }
    assert.equal(connections.size, requests / 7)
    await nginx.end()
  })

  test(
    'proxy_protocol: the client is seen through it',
    { skip: !existsSync(streamModule) && 'no stream module (Debian package libnginx-mod-stream)' },
    async (t) => {
      const origin = await startOrigin(t, { 'wire.proxyProtocol': 'required' })
      const port = await freePort()
      const nginx = await startNginxWith(t, {
        port,
        main: () => `load_module ${streamModule};
stream {
  server {
    listen 127.0.0.1:${port};
    proxy_pass 127.0.0.1:${origin.ports.wire};
    proxy_protocol on;
  }
}`,
      })
      const { body } = await ask(port, '/')
      const shown = jsonOf(body)['proxy_protocol'] as Readonly<Record<string, unknown>>
      assert.deepEqual(
        [shown['version'], shown['command'], shown['family'], shown['destination']],
        [1, 'proxy', 'tcp4', `127.0.0.1:${port}`],
      )
      assert.match(String(shown['source']), /^127\.0\.0\.1:\d+$/)
      await nginx.end()
    },
  )

  test('grpc_pass', { skip: withoutGo('grpc-interop-client') }, async (t) => {
    const origin = await startOrigin(t)
    const port = await freePort()
    const nginx = await startNginxWith(t, {
      port,
      main: (directory) => `
http {
  access_log off;
  client_body_temp_path ${directory}/client;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  client_max_body_size 0;
  server {
    listen 127.0.0.1:${port} http2;
    location / { grpc_pass grpc://127.0.0.1:${origin.ports.grpc}; }
  }
}`,
    })
    for (const name of interopCases) {
      await t.test(name, async () => {
        const where = ['-server_host', '127.0.0.1', '-server_port', String(port)]
        const words = [...where, '-test_case', name]
        const { code, stderr } = await run(goTool('grpc-interop-client'), words)
        assert.equal(code, 0, stderr)
      })
    }
    await nginx.end()
  })
})

// Before 1.29 nginx takes a 103 for the answer and waits for its end.
async function fateOfHints(): Promise<Fate> {
  const { stderr } = await run(toolPath('nginx'), ['-v'])
  return /nginx\/1\.(?:1\d|2[0-8])\./.test(stderr) ? 'unanswered' : 'unknown'
}
