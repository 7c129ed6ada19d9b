// The scripts that `helm test` runs in pods, run here against a live origin and against what is none.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { join } from 'node:path'
import { type TestContext, suite, test } from 'node:test'

import { chart } from '../support/chart/values.ts'
import { startOrigin } from '../support/origin.ts'
import { createDirectory } from '../support/programs.ts'

const folder = `${chart}/files/tests`
const names = readdirSync(folder).map((file) => file.replace('.mjs', ''))

/** Exit code of a script, run as its pod runs it. */
async function run(name: string, env: Readonly<Record<string, string>>): Promise<unknown> {
  const script = readFileSync(`${folder}/${name}.mjs`, 'utf8')
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: { PATH: process.env['PATH'], PATIENCE_MS: '0', ...env },
    stdio: 'ignore',
  })
  const [code] = (await once(child, 'exit')) as [unknown]
  return code
}

const at = (port: number): string => `http://127.0.0.1:${port}`

async function listen(t: TestContext, server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return at((server.address() as AddressInfo).port)
}

/** A ConfigMap as it is mounted. */
function mount(t: TestContext, data: Readonly<Record<string, string>>): string {
  const directory = createDirectory(t)
  for (const [name, text] of Object.entries(data)) writeFileSync(join(directory, name), text)
  return directory
}

suite('helm test', () => {
  test('passes with an origin', async (t) => {
    const data = { 'limits.delay': '120000', 'buffer.size': '1024k', 'log.format': 'json' }
    const SETTINGS = mount(t, data)
    const { url, ports } = await startOrigin(t, { config: SETTINGS })
    const { admin, wire, grpc } = ports
    const env = { ORIGIN: url, ADMIN: at(admin), WIRE: at(wire), GRPC: at(grpc), SETTINGS }
    for (const name of names) assert.equal(await run(name, env), 0, name)
  })

  test('fails with an origin that has not taken the ConfigMap', async (t) => {
    const { ports } = await startOrigin(t)
    const SETTINGS = mount(t, { 'limits.delay': '2m' })
    assert.notEqual(await run('config', { ADMIN: at(ports.admin), SETTINGS }), 0)
  })

  test('fails with a server that says 200 to everything', async (t) => {
    const server = createServer((request, response) => {
      request.resume()
      // As long as it should be, and not what it should be.
      const size = /^\/bin\/(\d+)/.exec(request.url ?? '')?.[1]
      if (size === undefined) response.end('{"conditions": []}')
      else response.setHeader('Content-Length', size).end(Buffer.alloc(Number(size)))
    })
    const url = await listen(t, server)
    const env = { ORIGIN: url, ADMIN: url, GRPC: url, WIRE: url, SETTINGS: mount(t, {}) }
    for (const name of names) assert.notEqual(await run(name, env), 0, name)
  })

  test('fails while a pod waits for a restart', async (t) => {
    const statuses = { Accepted: 'True', Applied: 'True', RestartRequired: 'False' }
    const server = createServer((request, response) => {
      const all = request.url === '/configz' ? statuses : {}
      const conditions = Object.entries(all).map(([type, status]) => ({ type, status }))
      response.end(JSON.stringify({ conditions }))
    })
    const env = { ADMIN: await listen(t, server), SETTINGS: mount(t, {}) }
    assert.equal(await run('config', env), 0)
    statuses.RestartRequired = 'True'
    assert.notEqual(await run('config', env), 0)
  })

  for (const [status, message, code] of [
    ['0', [8, 1], 0],
    ['0', [8, 2], 1],
    ['12', [], 1],
  ] as const) {
    test(`grpc-health ends ${code} for status ${status} and ${message.join(' ')}`, async (t) => {
      const server = createHttp2Server()
      server.on('stream', (stream, headers) => {
        assert.equal(headers[':path'], '/grpc.health.v1.Health/Check')
        stream.respond({ ':status': 200 }, { waitForTrailers: true })
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }))
        stream.end(Buffer.from([0, 0, 0, 0, message.length, ...message]))
      })
      assert.equal(await run('grpc-health', { GRPC: await listen(t, server) }), code)
    })
  }
})
