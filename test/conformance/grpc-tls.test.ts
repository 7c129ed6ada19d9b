import assert from 'node:assert/strict'
import { connect as connectHttp2 } from 'node:http2'
import { join } from 'node:path'
import { test } from 'node:test'
import { type ConnectionOptions, type TLSSocket, connect } from 'node:tls'

import { TlsContexts } from '../../app/listeners/port/node-tls.ts'
import { type RawConnection, askRaw } from '../support/grpc-raw.ts'
import { createDirectory } from '../support/programs.ts'
import { issue, shownName, writePair } from '../support/tls-files.ts'
import { within } from '../support/wait.ts'
import { allCallsFreed, openGrpc } from './grpc-listener.ts'

const unary = '/hpdummy.v1.Origin/Unary'

async function contextsIn(directory: string): Promise<TlsContexts> {
  writePair(directory, await issue('first.example'))
  return new TlsContexts({
    certFile: join(directory, 'tls.crt'),
    keyFile: join(directory, 'tls.key'),
    clientCaFile: undefined,
    clientAuth: 'require',
    sniDirectory: undefined,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: undefined,
  })
}

/** An HTTP/2 connection over TLS, with ALPN or without. */
async function connectTls(port: number, options: ConnectionOptions): Promise<RawConnection> {
  const socket = await within(
    'a handshake',
    new Promise<TLSSocket>((resolve, reject) => {
      const connecting = connect(
        { port, host: '127.0.0.1', rejectUnauthorized: false, ...options },
        () => resolve(connecting),
      )
      connecting.on('error', reject)
    }),
  )
  const session = connectHttp2('http://origin', { createConnection: () => socket })
  session.on('error', () => {})
  const closed = new Promise((resolve) => session.once('close', resolve))
  return { session, goaways: [], closed }
}

for (const [what, options] of [
  ['with ALPN h2', { ALPNProtocols: ['h2'] }],
  ['with ALPN h2 or http/1.1', { ALPNProtocols: ['http/1.1', 'h2'] }],
  ['without ALPN', {}],
  ['at TLS 1.2', { ALPNProtocols: ['h2'], maxVersion: 'TLSv1.2' }],
] as const) {
  test(`calls are served over TLS ${what}`, async (t) => {
    const grpc = await openGrpc(t, { contexts: await contextsIn(createDirectory(t)) })
    const connection = await connectTls(grpc.port, {
      ...options,
      ...('ALPNProtocols' in options && { ALPNProtocols: [...options.ALPNProtocols] }),
    })
    const { status, bytes } = await askRaw(connection, unary)
    assert.equal(status, 0)
    assert.ok(bytes > 50)
    connection.session.close()
    await within('the end of the connection', connection.closed)
    await allCallsFreed(grpc)
  })
}

test('a client that speaks http/1.1 only is refused in the handshake (RFC 7301 3.2)', async (t) => {
  const grpc = await openGrpc(t, { contexts: await contextsIn(createDirectory(t)) })
  await assert.rejects(connectTls(grpc.port, { ALPNProtocols: ['http/1.1'] }), {
    code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
  })
  await allCallsFreed(grpc)
})

test('new connections get the new certificates', async (t) => {
  const directory = createDirectory(t)
  const contexts = await contextsIn(directory)
  const grpc = await openGrpc(t, { contexts })
  const connection = await connectTls(grpc.port, { ALPNProtocols: ['h2'] })
  assert.equal(await shownName(grpc.port, { ALPNProtocols: ['h2'] }), 'first.example')
  writePair(directory, await issue('second.example'))
  contexts.renew()
  assert.equal(await shownName(grpc.port, { ALPNProtocols: ['h2'] }), 'second.example')
  assert.equal((await askRaw(connection, unary)).status, 0)
})
