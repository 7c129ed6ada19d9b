// The configurations of docs/proxies.md, as they are printed there.
import assert from 'node:assert/strict'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import { ask, jsonOf } from '../support/ask.ts'
import { type OpenPorts, startOrigin } from '../support/origin.ts'
import { freePort, untilListening } from '../support/ports.ts'
import { createDirectory, startProgram } from '../support/programs.ts'
import { startNginxWith } from '../support/reverse-proxies.ts'
import { toolPath, without } from '../support/tools.ts'
import { until } from '../support/wait.ts'

const text = readFileSync('docs/proxies.md', 'utf8')

/** The block of that language, with the ports of the origin and of the proxy in the place of the printed ones. */
function printed(language: string, ports: OpenPorts, port: number): string {
  const [, block] = new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'm').exec(text) ?? []
  assert.ok(block !== undefined, `no ${language} in docs/proxies.md`)
  const own: Readonly<Record<string, number>> = {
    8000: port,
    8080: ports.http,
    8081: ports.wire,
    9000: ports.admin,
  }
  return block.replaceAll(/\b(?:8000|8080|8081|9000)\b/g, (number) => String(own[number]))
}

interface Start {
  readonly t: TestContext
  readonly port: number
  readonly ports: OpenPorts
  readonly directory: string
}

async function startPrintedNginx({ t, port, ports }: Start): Promise<void> {
  const main = (directory: string): string => `
http {
  access_log off;
  client_body_temp_path ${directory}/client;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  ${printed('nginx', ports, port)}
}`
  await startNginxWith(t, { port, main })
}

function startPrintedHaproxy({ t, port, ports, directory }: Start): void {
  const file = join(directory, 'haproxy.cfg')
  writeFileSync(file, printed('haproxy', ports, port))
  startProgram(t, { path: toolPath('haproxy'), words: ['-q', '-db', '-f', file] })
}

function startPrintedVarnish({ t, port, ports, directory }: Start): void {
  const file = join(directory, 'origin.vcl')
  writeFileSync(file, printed('vcl', ports, port))
  // Its jail would give the directory to another user; without one it runs as we do.
  const words = ['-F', '-j', 'none', '-n', directory, '-f', file, '-s', 'malloc,64m', '-T', 'none']
  startProgram(t, { path: toolPath('varnishd'), words: [...words, '-a', `127.0.0.1:${port}`] })
}

function startPrintedSquid({ t, port, ports, directory }: Start): void {
  // Started by root it goes on as another user.
  chmodSync(directory, 0o777)
  const file = join(directory, 'squid.conf')
  const files = `access_log none
cache_log ${directory}/cache.log
pid_filename ${directory}/pid
coredump_dir ${directory}
pinger_enable off
shutdown_lifetime 0 seconds
`
  writeFileSync(file, files + printed('squid', ports, port))
  startProgram(t, { path: toolPath('squid'), words: ['-N', '-f', file] })
}

const proxies = {
  nginx: startPrintedNginx,
  haproxy: startPrintedHaproxy,
  varnishd: startPrintedVarnish,
  squid: startPrintedSquid,
} as const

for (const [name, start] of Object.entries(proxies)) {
  const tool = name as keyof typeof proxies
  test(`${name} takes its configuration in docs/proxies.md`, { skip: without(tool) }, async (t) => {
    const { ports } = await startOrigin(t)
    const port = await freePort()
    await start({ t, port, ports, directory: createDirectory(t) })
    await untilListening(port)
    // HAProxy takes the origin for gone until its first check is through.
    await until('the origin answers', async () => (await ask(port, '/bin/1')).status === 200)
    const echo = jsonOf(await ask(port, '/any/path?x=1'))
    assert.deepEqual([echo['path'], echo['http_version']], ['/any/path', '1.1'])
    const body = Buffer.alloc(3 * 2 ** 20, 'x')
    const uploaded = jsonOf(await ask(port, '/upload', { method: 'POST', body }))
    assert.equal(uploaded['bytes_received'], body.length)
  })
}
