import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { type ConnectionOptions, type TLSSocket, connect } from 'node:tls'

import { ask, jsonOf } from '../support/ask.ts'
import { remember } from '../support/leftovers.ts'
import { alphabetBytes } from '../support/payloads.ts'
import { RawConnection, rawRequest } from '../support/raw.ts'
import { allFreed } from '../support/shared-origin.ts'
import { within } from '../support/wait.ts'
import { useWire } from './wire-client.ts'
import { askHttp2, openHttp2 } from './wire-http2-client.ts'

const { origin } = useWire({ 'tls.selfSigned': true })
const port = (): number => Number(origin().ports.wireTls)

async function open(options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({
    port: port(),
    host: '127.0.0.1',
    rejectUnauthorized: false,
    servername: 'origin.test',
    ...options,
  })
  remember(socket)
  await within('the handshake', once(socket, 'secureConnect'))
  return socket
}

/** All that comes back until the end, as text. */
async function textBehind(socket: TLSSocket): Promise<string> {
  const pieces: Buffer[] = []
  const read = async (): Promise<void> => {
    for await (const piece of socket) pieces.push(piece as Buffer)
  }
  await within('the end of the connection', read())
  return Buffer.concat(pieces).toString()
}

async function tlsOf(options: ConnectionOptions): Promise<Record<string, unknown>> {
  const socket = await open(options)
  socket.write(rawRequest('GET /', { headers: ['Connection: close'] }))
  const text = await textBehind(socket)
  const body = Buffer.from(text.slice(text.indexOf('\r\n\r\n') + 4))
  return jsonOf({ body })['tls'] as Record<string, unknown>
}

suite('the echo over TLS', { concurrency: 2 }, () => {
  test('shows what was agreed on', async () => {
    assert.deepEqual(
      await tlsOf({ ALPNProtocols: ['http/1.1'], ciphers: 'TLS_AES_128_GCM_SHA256' }),
      {
        version: 'TLSv1.3',
        cipher: 'TLS_AES_128_GCM_SHA256',
        server_name: 'origin.test',
        alpn: 'http/1.1',
        session_reused: false,
        client_certificate: null,
      },
    )
  })

  test('of an old version, without a name and without ALPN', async () => {
    const tls = await tlsOf({
      maxVersion: 'TLSv1.2',
      servername: '',
      ciphers: 'ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384',
    })
    assert.deepEqual([tls['version'], tls['server_name'], tls['alpn']], ['TLSv1.2', null, null])
    assert.match(String(tls['cipher']), /^TLS_ECDHE_\w+_WITH_AES_256_GCM_SHA384$/)
  })

  test('over HTTP/2 by ALPN', async () => {
    const session = await openHttp2(`https://127.0.0.1:${port()}`, { servername: 'h2.test' })
    const json = jsonOf(await askHttp2(session, { ':path': '/' }))
    const { alpn, server_name: name } = json['tls'] as Record<string, unknown>
    assert.deepEqual([alpn, name, json['http_version']], ['h2', 'h2.test', '2.0'])
    assert.match(String(json['uri']), /^https:/)
    session.close()
  })

  test('prefers h2 when both are offered, and takes no third', async () => {
    const both = await open({ ALPNProtocols: ['http/1.1', 'h2'] })
    assert.equal(both.alpnProtocol, 'h2')
    both.destroy()
    const { version, alpn } = await tlsOf({ ALPNProtocols: ['http/1.1'], minVersion: 'TLSv1.3' })
    assert.deepEqual([version, alpn], ['TLSv1.3', 'http/1.1'])
    await assert.rejects(open({ ALPNProtocols: ['spdy/3'] }))
  })
})

test('an upload of 30 MiB over TLS is whole', async () => {
  const body = alphabetBytes(0, 30 * 2 ** 20)
  const upload = { method: 'PUT', body }
  const json = jsonOf(await ask(`https://127.0.0.1:${port()}`, '/upload?seed=0', upload))
  assert.deepEqual([json['bytes_received'], json['first_bad_offset']], [body.length, -1])
})

test('a client that has ended its side gets a late answer', async () => {
  const socket = await open({ allowHalfOpen: true } as ConnectionOptions)
  socket.end(rawRequest('GET /delay/200'))
  assert.match(await textBehind(socket), /"path":"\/delay\/200"/)
})

test('a request in clear on the TLS port, and garbage, end the connection', async () => {
  for (const bytes of [rawRequest('GET /'), '\x16\x03\x01\xff\xff\x01', '\0'.repeat(100)]) {
    const connection = await RawConnection.open(`http://127.0.0.1:${port()}`)
    connection.send(bytes)
    connection.socket.end()
    const text = (await within('the end', connection.closed)).toString('latin1')
    assert.doesNotMatch(text, /HTTP/)
    connection.leave()
  }
})

test('nothing is held when all clients have left', () => allFreed(origin()))
