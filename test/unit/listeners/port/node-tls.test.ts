// TlsContexts, with tls.connect against it and no origin.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type ConnectionOptions, type TLSSocket, connect } from 'node:tls'

import {
  TlsContexts,
  type TlsSettings,
  namedCertificates,
} from '../../../../app/listeners/port/node-tls.ts'
import { createDirectory } from '../../../support/directory.ts'
import { issue, settingsFor, writePair } from '../../../support/tls-files.ts'

function settingsOf(directory: string, changes: Partial<TlsSettings> = {}): TlsSettings {
  const files = settingsFor(directory)
  return {
    certFile: files['tls.certFile'] ?? '',
    keyFile: files['tls.keyFile'] ?? '',
    clientCaFile: undefined,
    clientAuth: 'require',
    sniDirectory: undefined,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: undefined,
    ...changes,
  }
}

/** An echo behind the contexts; resolves to how a client connects to it. */
async function serve(
  t: TestContext,
  contexts: TlsContexts,
): Promise<(options?: ConnectionOptions) => Promise<TLSSocket>> {
  const tls = contexts.createServer({ onConnection: (socket) => socket.pipe(socket) })
  const server = createServer((socket) => tls.emit('connection', socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  return async (options = {}) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
    t.after(() => socket.destroy())
    await once(socket, 'secureConnect')
    return socket
  }
}

function nameOn(socket: TLSSocket): string {
  return socket.getPeerCertificate().subject.CN
}

async function echoes(socket: TLSSocket): Promise<boolean> {
  socket.write('hello')
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  return bytes.toString() === 'hello'
}

test('new connections get the new certificate, open ones keep theirs and go on', async (t) => {
  const directory = createDirectory(t)
  writePair(directory, await issue('first.example'))
  const contexts = new TlsContexts(settingsOf(directory))
  const open = await serve(t, contexts)
  const before = await open()
  writePair(directory, await issue('second.example'))
  assert.equal(nameOn(await open()), 'first.example', 'not before it is told to')
  contexts.renew()
  assert.equal(nameOn(await open()), 'second.example')
  assert.equal(nameOn(before), 'first.example')
  assert.ok(await echoes(before))
})

test('nothing changes when any file is not valid, not even the valid ones', async (t) => {
  const directory = createDirectory(t)
  const names = join(directory, 'names')
  writePair(directory, await issue('first.example'))
  writePair(join(names, 'a.example'), await issue('first.a.example'))
  const contexts = new TlsContexts(settingsOf(directory, { sniDirectory: names }))
  const open = await serve(t, contexts)
  writePair(directory, await issue('second.example'))
  writeFileSync(join(names, 'a.example', 'tls.crt'), 'no PEM')
  assert.throws(() => contexts.renew())
  assert.equal(nameOn(await open()), 'first.example')
  assert.equal(nameOn(await open({ servername: 'a.example' })), 'first.a.example')
  writePair(join(names, 'a.example'), await issue('second.a.example'))
  rmSync(join(directory, 'tls.key'))
  assert.throws(() => contexts.renew(), { code: 'ENOENT' })
  assert.equal(nameOn(await open({ servername: 'a.example' })), 'first.a.example')
})

test('a server name is matched in any case, a wildcard for one label', async (t) => {
  const directory = createDirectory(t)
  const names = join(directory, 'names')
  writePair(directory, await issue('default.example'))
  writePair(join(names, 'A.example'), await issue('a.example'))
  writePair(join(names, '*.wild.example'), await issue('*.wild.example'))
  const open = await serve(t, new TlsContexts(settingsOf(directory, { sniDirectory: names })))
  for (const [servername, shown] of [
    ['a.EXAMPLE', 'a.example'],
    ['x.wild.example', '*.wild.example'],
    ['y.x.wild.example', 'default.example'],
    ['wild.example', 'default.example'],
    ['localhost', 'default.example'],
  ] as const) {
    assert.equal(nameOn(await open({ servername })), shown, servername)
  }
})

test('folders without both files, and hidden ones, are no server names', async (t) => {
  const names = createDirectory(t, { 'README.txt': 'not a folder' })
  const pair = await issue('a.example')
  for (const name of ['a.example', '..2026_1', 'half.example']) writePair(join(names, name), pair)
  rmSync(join(names, 'half.example', 'tls.key'))
  const found = namedCertificates({ sniDirectory: names }).map(({ name }) => name)
  assert.deepEqual(found, ['a.example'])
  assert.deepEqual(namedCertificates({ sniDirectory: undefined }), [])
})

test('authorities of clients are renewed, for server names too', async (t) => {
  const directory = createDirectory(t)
  const names = join(directory, 'names')
  const caFile = join(directory, 'ca.crt')
  const [before, after] = [await issue('before'), await issue('after')]
  const [old, young] = [await issue('old', before), await issue('young', after)]
  writePair(directory, await issue('default.example'))
  writePair(join(names, 'a.example'), await issue('a.example'))
  writeFileSync(caFile, before.cert)
  const contexts = new TlsContexts(
    settingsOf(directory, { sniDirectory: names, clientCaFile: caFile }),
  )
  const open = await serve(t, contexts)
  // With TLS 1.2 a client hears of its refusal in the handshake.
  const isIn = async (options: ConnectionOptions): Promise<boolean> =>
    open({ maxVersion: 'TLSv1.2', ...options }).then(echoes, () => false)
  for (const servername of ['', 'a.example']) {
    assert.deepEqual(
      [await isIn({ servername }), await isIn({ servername, ...young })],
      [false, false],
    )
    assert.equal(await isIn({ servername, ...old }), true)
  }
  writeFileSync(caFile, after.cert)
  contexts.renew()
  for (const servername of ['', 'a.example']) {
    assert.deepEqual(
      [await isIn({ servername, ...old }), await isIn({ servername, ...young })],
      [false, true],
    )
  }
})
