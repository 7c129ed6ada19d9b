// What tls.* says is what TLS clients meet, on both engines.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'

import { WebSocket } from 'ws'

import { ask } from '../support/ask.ts'
import { startOrigin } from '../support/origin.ts'
import { createDirectory, run, runHpdummy } from '../support/programs.ts'
import {
  type Pair,
  firstAnswer,
  handshake,
  issue,
  portOf,
  settingsFor,
  shownName,
  writePair,
} from '../support/tls-files.ts'
import { toolPath, without } from '../support/tools.ts'
import { within } from '../support/wait.ts'

const engines = ['https', 'wireTls'] as const

suite('server names', () => {
  for (const listener of engines) {
    test(`${listener} shows the certificate of the name that is asked for`, async (t) => {
      const directory = createDirectory(t)
      writePair(directory, await issue('default.example'))
      const names = join(directory, 'names')
      writePair(join(names, 'a.example'), await issue('a.example'))
      writePair(join(names, '*.wild.example'), await issue('*.wild.example'))
      const origin = await startOrigin(t, { ...settingsFor(directory), 'tls.sniDirectory': names })
      const port = portOf(origin, listener)
      for (const [servername, shown] of [
        ['a.example', 'a.example'],
        ['x.wild.example', '*.wild.example'],
        ['y.x.wild.example', 'default.example'],
        ['wild.example', 'default.example'],
        ['unknown.example', 'default.example'],
        ['', 'default.example'],
      ] as const) {
        assert.equal(await shownName(port, { servername }), shown, servername)
        assert.match(await firstAnswer(port, { servername }), /^HTTP\/1\.1 200 /)
      }
    })
  }

  test('a WebSocket opens on a server name of its own', async (t) => {
    const directory = createDirectory(t)
    writePair(directory, await issue('default.example'))
    const names = join(directory, 'names')
    writePair(join(names, 'a.example'), await issue('a.example'))
    const origin = await startOrigin(t, { ...settingsFor(directory), 'tls.sniDirectory': names })
    const options = { servername: 'a.example', rejectUnauthorized: false }
    const socket = new WebSocket(`wss://127.0.0.1:${portOf(origin, 'https')}/ws`, options)
    const echo = new Promise((resolve, reject) => {
      socket.on('open', () => socket.send('over SNI'))
      socket.on('message', (bytes: Buffer) => resolve(bytes.toString()))
      socket.on('error', reject)
    })
    assert.equal(await within('an echo', echo), 'over SNI')
    socket.terminate()
  })
})

suite('versions and ciphers', () => {
  for (const listener of engines) {
    test(`${listener} refuses TLSv1.2 when TLSv1.3 is the least`, async (t) => {
      const origin = await startOrigin(t, { 'tls.selfSigned': true, 'tls.minVersion': 'TLSv1.3' })
      const port = portOf(origin, listener)
      assert.equal((await handshake(port)).getProtocol(), 'TLSv1.3')
      await assert.rejects(handshake(port, { maxVersion: 'TLSv1.2' }), { code: /^ERR_SSL/ })
      const answer = await firstAnswer(port)
      assert.match(answer, /^HTTP\/1\.1 200 /)
    })

    test(`${listener} speaks the ciphers that are set`, async (t) => {
      const cipher = 'ECDHE-ECDSA-CHACHA20-POLY1305'
      const origin = await startOrigin(t, { 'tls.selfSigned': true, 'tls.ciphers': cipher })
      const port = portOf(origin, listener)
      const socket = await handshake(port, { maxVersion: 'TLSv1.2' })
      assert.equal(socket.getCipher().name, cipher)
      socket.destroy()
      const other = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' } as const
      await assert.rejects(handshake(port, other), { code: /^ERR_SSL/ })
    })
  }

  test('the wire port keeps to the greatest version, and the log says that the fast one does not', async (t) => {
    const origin = await startOrigin(t, { 'tls.selfSigned': true, 'tls.maxVersion': 'TLSv1.2' })
    assert.equal((await handshake(portOf(origin, 'wireTls'))).getProtocol(), 'TLSv1.2')
    assert.equal((await handshake(portOf(origin, 'https'))).getProtocol(), 'TLSv1.3')
    const line = await origin.waitForLog(({ gaps }) => gaps !== undefined)
    assert.match(String(line['gaps']), /^tls\.maxVersion: the fast listener speaks TLSv1\.3/)
  })

  test('a cipher that one engine does not know ends the start with a sentence', async () => {
    for (const [ciphers, sentence] of [
      ['DHE-RSA-AES128-SHA', /https: the engine \(BoringSSL\) cannot use one of .*tls\.ciphers/],
      ['NOPE', /tls\.crt: TLS cannot be spoken with it: .*cipher/i],
    ] as const) {
      const ports = ['http', 'admin'].map((name) => `--${name}-port=0`)
      const flags = ['--tls-self-signed', `--tls-ciphers=${ciphers}`, '--http-host=127.0.0.1']
      const closed = ['wire-port', 'wire-tls-port', 'grpc-port', 'udp-echo-port', 'tcp-echo-port']
        .concat('grpc-tls-port', 'tcp-discard-port', 'tcp-payload-port', 'tcp-tls-echo-port')
        .map((name) => `--${name}=none`)
      const { code, stdout, stderr } = await runHpdummy([
        ...ports,
        ...flags,
        ...closed,
        '--https-port=0',
        '--workers=1',
      ])
      assert.equal(code, 1)
      assert.match(`${stdout.toString()}${stderr}`, sentence)
      assert.doesNotMatch(`${stdout.toString()}${stderr}`, /\bat new |node_modules/)
    }
  })

  test('openssl sees the same', { skip: without('openssl') }, async (t) => {
    const origin = await startOrigin(t, { 'tls.selfSigned': true, 'tls.minVersion': 'TLSv1.3' })
    for (const listener of engines) {
      const speak = (version: string): Promise<{ code: number | string; stdout: Buffer }> =>
        run(toolPath('openssl'), [
          's_client',
          '-connect',
          `127.0.0.1:${portOf(origin, listener)}`,
          version,
        ])
      assert.match((await speak('-tls1_3')).stdout.toString(), /New, TLSv1\.3, Cipher is TLS_/)
      assert.match((await speak('-tls1_2')).stdout.toString(), /Cipher is \(NONE\)/)
    }
  })
})

interface Clients {
  readonly good: Pair
  readonly evil: Pair
  readonly settings: Readonly<Record<string, string>>
}

async function clients(directory: string): Promise<Clients> {
  const [ours, theirs] = [await issue('ours'), await issue('theirs')]
  writePair(directory, await issue('origin.example'))
  writeFileSync(join(directory, 'ca.crt'), ours.cert)
  const settings = {
    ...settingsFor(directory),
    'tls.clientCaFile': join(directory, 'ca.crt'),
  }
  return { good: await issue('good', ours), evil: await issue('evil', theirs), settings }
}

suite('client certificates', () => {
  for (const listener of engines) {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      test(`${listener} lets in who has a certificate of ours and nobody else (${maxVersion})`, async (t) => {
        const { good, evil, settings } = await clients(createDirectory(t))
        const port = portOf(await startOrigin(t, settings), listener)
        assert.match(await firstAnswer(port, { ...good, maxVersion }), /^HTTP\/1\.1 200 /)
        const refusals = [
          await firstAnswer(port, { maxVersion }),
          await firstAnswer(port, { ...evil, maxVersion }),
        ]
        for (const refusal of refusals) assert.doesNotMatch(refusal, /^HTTP\/1\.1 200 /)
      })
    }

    test(`${listener} only asks when it is told to request`, async (t) => {
      const { good, settings } = await clients(createDirectory(t))
      const origin = await startOrigin(t, { ...settings, 'tls.clientAuth': 'request' })
      const port = portOf(origin, listener)
      assert.match(await firstAnswer(port, good), /^HTTP\/1\.1 200 /)
      assert.match(await firstAnswer(port), /^HTTP\/1\.1 200 /)
    })
  }

  test('a server name does not change who is admitted', async (t) => {
    const directory = createDirectory(t)
    const { good, evil, settings } = await clients(directory)
    const names = join(directory, 'names')
    writePair(join(names, 'a.example'), await issue('a.example'))
    const origin = await startOrigin(t, { ...settings, 'tls.sniDirectory': names })
    const servername = 'a.example'
    for (const listener of engines) {
      const port = portOf(origin, listener)
      assert.match(await firstAnswer(port, { servername, ...good }), /^HTTP\/1\.1 200 /)
      for (const stranger of [{}, evil]) {
        assert.doesNotMatch(await firstAnswer(port, { servername, ...stranger }), / 200 /)
      }
    }
  })

  test('the fast port tells a client without one what is missing, closes, and admits no WebSocket', async (t) => {
    const { good, settings } = await clients(createDirectory(t))
    const port = portOf(await startOrigin(t, settings), 'https')
    const answer = await firstAnswer(port)
    assert.match(answer, /^HTTP\/1\.1 400 [^]*\r\nConnection: close\r\n[^]*client certificate/i)
    const upgraded = (pair: Partial<Pair>): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(`wss://127.0.0.1:${port}/ws`, {
          rejectUnauthorized: false,
          ...pair,
        })
        socket.on('open', () => resolve(101))
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode))
        socket.on('error', reject)
        t.after(() => socket.terminate())
      })
    assert.equal(await within('a refusal', upgraded({})), 400)
    assert.equal(await within('a WebSocket', upgraded(good)), 101)
  })

  test('a resumed session is still that of a client with a certificate', async (t) => {
    const { good, settings } = await clients(createDirectory(t))
    const port = portOf(await startOrigin(t, settings), 'https')
    const first = await handshake(port, good)
    const session = await within(
      'a session ticket',
      new Promise<Buffer>((resolve) => {
        first.once('session', resolve)
        first.write('GET /health HTTP/1.1\r\nHost: origin\r\n\r\n')
      }),
    )
    first.destroy()
    const again = await handshake(port, { session, ...good })
    assert.equal(again.isSessionReused(), true)
    again.destroy()
    assert.match(await firstAnswer(port, { session, ...good }), /^HTTP\/1\.1 200 /)
  })
})

test('the self-signed certificate is served on every TLS port', async (t) => {
  const origin = await startOrigin(t, { 'tls.selfSigned': true })
  const prints = await Promise.all(
    engines.map(async (listener) => {
      const socket = await handshake(portOf(origin, listener))
      const print = socket.getPeerX509Certificate()?.fingerprint256
      socket.destroy()
      return print
    }),
  )
  assert.equal(new Set(prints).size, 1)
  const { status } = await ask(`https://127.0.0.1:${origin.ports.https}`, '/')
  assert.equal(status, 200)
})
