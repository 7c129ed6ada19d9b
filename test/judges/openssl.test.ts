// openssl s_client on every TLS port: versions, ciphers, server names, ALPN, client certificates.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, suite, test } from 'node:test'

import { jsonOf } from '../support/ask.ts'
import { type OpenPorts, type TestOrigin, startOrigin } from '../support/origin.ts'
import { createDirectory } from '../support/programs.ts'
import { issue, portOf, settingsFor, writePair } from '../support/tls-files.ts'
import { toolPath, without } from '../support/tools.ts'
import { within } from '../support/wait.ts'

const listeners = [
  'https',
  'wireTls',
  'grpcTls',
  'tcpTlsEcho',
] as const satisfies readonly (keyof OpenPorts)[]

/** What s_client printed: about the handshake, and what came over the connection. */
interface Seen {
  readonly code: number
  readonly text: string
}

/** Connects, sends `input`, and ends when `until` has come (the handshake's report when left out). */
async function connect(
  port: number,
  words: readonly string[],
  { input = '', until = /\n---\nRead|Verify return code/ }: { input?: string; until?: RegExp } = {},
): Promise<Seen> {
  const usual = ['s_client', '-connect', `127.0.0.1:${port}`, '-nocommands', '-ign_eof']
  const child = spawn(toolPath('openssl'), [...usual, ...words], { stdio: 'pipe' })
  let text = ''
  const look = (bytes: Buffer): void => {
    text += bytes.toString('latin1')
    if (until.test(text)) child.kill()
  }
  child.stdout.on('data', look)
  child.stderr.on('data', look)
  // It may be gone before it has read all of it.
  child.stdin.on('error', () => {})
  child.stdin.write(input)
  const [code] = (await within('the end of s_client', once(child, 'close'))) as [number | null]
  return { code: code ?? 0, text }
}

const shown = /Protocol\s*(?:version)?: (TLSv1\.\d)|^New, (TLSv1\.\d), Cipher is (\S+)/m

function agreed(text: string): { readonly version?: string; readonly cipher?: string } {
  const [, , version, cipher] = shown.exec(text) ?? []
  return { ...(version && { version }), ...(cipher && { cipher }) }
}

suite('openssl s_client', { skip: without('openssl'), concurrency: 2 }, () => {
  for (const listener of listeners) {
    test(`${listener}: versions and ciphers`, async (t) => {
      const port = portOf(await startOrigin(t, { 'tls.selfSigned': true }), listener)
      for (const [words, version, cipher] of [
        [['-tls1_3'], 'TLSv1.3', /^TLS_AES_/],
        [['-tls1_3', '-ciphersuites', 'TLS_CHACHA20_POLY1305_SHA256'], 'TLSv1.3', /CHACHA20/],
        [['-tls1_2'], 'TLSv1.2', /-GCM-|CHACHA20/],
      ] as const) {
        const { text } = await connect(port, words)
        const { version: spoken, cipher: chosen } = agreed(text)
        assert.equal(spoken, version, text)
        assert.match(chosen ?? '', cipher)
      }
      // Old versions are for those who ask for them (tls.minVersion).
      const { text } = await connect(port, ['-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0'])
      assert.match(text, /alert protocol version|no protocols available/)
    })
  }

  test('ALPN: what each port agrees to', async (t) => {
    const origin = await startOrigin(t, { 'tls.selfSigned': true })
    for (const [listener, offered, chosen] of [
      ['wireTls', 'h2,http/1.1', 'h2'],
      ['wireTls', 'http/1.1,h2', 'h2'],
      ['wireTls', 'http/1.1', 'http/1.1'],
      ['wireTls', 'http/1.0', 'http/1.0'],
      ['wireTls', 'spdy/3', undefined],
      ['grpcTls', 'h2', 'h2'],
      ['grpcTls', 'http/1.1', undefined],
    ] as const) {
      const { text } = await connect(portOf(origin, listener), ['-alpn', offered])
      if (chosen === undefined) assert.match(text, /alert no application protocol/, offered)
      else assert.match(text, new RegExp(`ALPN protocol: ${chosen}\\n`), offered)
    }
  })

  test('the ports answer in their protocols', async (t) => {
    const origin = await startOrigin(t, { 'tls.selfSigned': true })
    await answersHttp(origin, 'https', '1.1')
    await answersHttp(origin, 'wireTls', '1.1')
    await answersHttp(origin, 'wireTls', '1.0')
    const echo = { input: 'back please\n', until: /back please\n/ }
    assert.match((await connect(portOf(origin, 'tcpTlsEcho'), [], echo)).text, /back please\n/)
  })

  test('a client certificate is asked for, checked, and shown', async (t) => {
    const { origin, words, stranger } = await mutual(t)
    const input = 'GET / HTTP/1.1\r\nHost: origin\r\nConnection: close\r\n\r\n'
    const options = { input, until: /closed\n$/ }
    const { text } = await connect(portOf(origin, 'wireTls'), words, options)
    assert.match(text, /Acceptable client certificate CA names\n[^\n]*authority\.example/)
    // Out of the echo: s_client writes of tickets in between.
    const certificate = /"client_certificate":(\{[^}]*\})/.exec(text)?.[1] ?? '{}'
    const { subject, authorized } = jsonOf(Buffer.from(certificate))
    assert.deepEqual([subject, authorized], ['CN=client.example', true])
    for (const listener of listeners) {
      const port = portOf(origin, listener)
      for (const wrong of [[], stranger]) {
        // The fast listener tells who comes without one so; all other refusals are TLS's own.
        const refusal = /alert|errno|unexpected eof|this port requires a client certificate/
        const refused = await connect(port, wrong, { input, until: refusal })
        assert.doesNotMatch(refused.text, /HTTP\/1\.1 200/, listener)
        assert.match(refused.text, refusal, listener)
      }
    }
  })
})

async function answersHttp(
  origin: TestOrigin,
  listener: keyof OpenPorts,
  version: string,
): Promise<void> {
  const input = `GET /health HTTP/${version}\r\nHost: origin\r\nConnection: close\r\n\r\n`
  const { text } = await connect(portOf(origin, listener), ['-servername', 'sni.example'], {
    input,
    until: /"status":"ok"/,
  })
  assert.match(text, /HTTP\/1\.1 200 [^]*\{"status":"ok"\}/)
}

/** An origin that wants a client certificate, and s_client's words for one of its authority's and for another. */
async function mutual(t: TestContext): Promise<{
  readonly origin: TestOrigin
  readonly words: readonly string[]
  readonly stranger: readonly string[]
}> {
  const directory = createDirectory(t)
  const authority = await issue('authority.example')
  const pairs = {
    server: await issue('server.example', authority),
    client: await issue('client.example', authority),
    stranger: await issue('stranger.example'),
  }
  writeFileSync(join(directory, 'ca.crt'), authority.cert)
  for (const [name, pair] of Object.entries(pairs)) writePair(join(directory, name), pair)
  const origin = await startOrigin(t, {
    ...settingsFor(join(directory, 'server')),
    'tls.clientCaFile': join(directory, 'ca.crt'),
  })
  const wordsFor = (name: string): readonly string[] => {
    const at = join(directory, name)
    return ['-cert', join(at, 'tls.crt'), '-key', join(at, 'tls.key')]
  }
  return { origin, words: wordsFor('client'), stranger: wordsFor('stranger') }
}
