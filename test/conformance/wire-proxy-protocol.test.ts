import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { suite, test } from 'node:test'
import { connect as connectTls } from 'node:tls'

import { jsonOf } from '../support/ask.ts'
import { untilGeneration } from '../support/configz.ts'
import { remember } from '../support/leftovers.ts'
import { startMounted } from '../support/mounted-settings.ts'
import { RawConnection, rawRequest } from '../support/raw.ts'
import { allFreed } from '../support/shared-origin.ts'
import { within } from '../support/wait.ts'
import { howItEnds, useWire, wireUrl } from './wire-client.ts'
import { askHttp2 } from './wire-http2-client.ts'

const optional = useWire({ 'wire.proxyProtocol': 'optional', 'tls.selfSigned': true })
const required = useWire({ 'wire.proxyProtocol': 'required', 'keepAlive.idle': '300ms' })
const off = useWire()

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

/** A header of version 2 (proxy-protocol.txt 2.2). */
function binary(versionAndCommand: number, family: number, rest: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(rest.length)
  return Buffer.concat([signature, Buffer.from([versionAndCommand, family]), length, rest])
}

function tlv(type: number, value: Buffer): Buffer {
  const head = Buffer.from([type, 0, 0])
  head.writeUInt16BE(value.length, 1)
  return Buffer.concat([head, value])
}

// 192.0.2.1:56324 to 198.51.100.9:443.
const tcp4 = Buffer.from([192, 0, 2, 1, 198, 51, 100, 9, 0xdc, 0x04, 0x01, 0xbb])
const line = 'PROXY TCP4 192.0.2.1 198.51.100.9 56324 443\r\n'
const seen = {
  command: 'proxy',
  family: 'tcp4',
  source: '192.0.2.1:56324',
  destination: '198.51.100.9:443',
}

const headers: readonly (readonly [what: string, bytes: Buffer | string, shown: object])[] = [
  ['a line of TCP4', line, { version: 1, ...seen }],
  [
    'a line of TCP6',
    'PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n',
    {
      version: 1,
      command: 'proxy',
      family: 'tcp6',
      source: '[2001:db8::1]:1',
      destination: '[2001:db8::2]:65535',
    },
  ],
  ['UNKNOWN', 'PROXY UNKNOWN\r\n', { version: 1, command: 'proxy', family: 'unknown' }],
  [
    'UNKNOWN with whatever',
    'PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n',
    { version: 1, command: 'proxy', family: 'unknown' },
  ],
  ['version 2', binary(0x21, 0x11, tcp4), { version: 2, ...seen }],
  [
    'version 2 with fields',
    binary(
      0x21,
      0x11,
      Buffer.concat([
        tcp4,
        tlv(1, Buffer.from('h2')),
        tlv(2, Buffer.from('a.test')),
        tlv(4, Buffer.alloc(0)),
        tlv(0xea, Buffer.from([1, 2, 255])),
      ]),
    ),
    {
      version: 2,
      ...seen,
      tlvs: [
        { type: 'alpn', value: 'h2' },
        { type: 'authority', value: 'a.test' },
        { type: 'noop', value: '' },
        { type: '0xea', value: '0102ff' },
      ],
    },
  ],
  [
    'LOCAL',
    binary(0x20, 0x00, Buffer.alloc(0)),
    { version: 2, command: 'local', family: 'unknown' },
  ],
  [
    'LOCAL with addresses, which do not count',
    binary(0x20, 0x11, tcp4),
    { version: 2, command: 'local', family: 'tcp4' },
  ],
  [
    'the longest there may be',
    binary(0x21, 0x11, Buffer.concat([tcp4, tlv(4, Buffer.alloc(65_520))])),
    { version: 2, ...seen, tlvs: [{ type: 'noop', value: '00'.repeat(65_520) }] },
  ],
]

for (const [mode, place] of Object.entries({ optional, required })) {
  suite(`a header before the request (${mode})`, { concurrency: 4 }, () => {
    for (const [what, bytes, shown] of headers) {
      test(`${what} is shown in each echo`, async () => {
        const connection = await place.open()
        const head = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
        connection.send(Buffer.concat([head, Buffer.from(rawRequest('GET /'))]))
        assert.deepEqual(jsonOf(await connection.answer())['proxy_protocol'], shown)
        connection.send(rawRequest('GET /'))
        const json = jsonOf(await connection.answer())
        assert.deepEqual(json['proxy_protocol'], shown)
        // The connection's own address is still ours to tell.
        assert.match(String(json['source_addr']), /^127\.0\.0\.1:\d+$/)
        connection.leave()
      })
    }

    for (const [what, bytes] of [
      ['a line', Buffer.from(line)],
      ['version 2', binary(0x21, 0x11, Buffer.concat([tcp4, tlv(2, Buffer.from('a'))]))],
    ] as const) {
      test(`${what} and the request in single bytes`, async () => {
        const connection = await place.open()
        for (const byte of Buffer.concat([bytes, Buffer.from(rawRequest('GET /'))])) {
          await new Promise((resolve) => connection.socket.write(Buffer.from([byte]), resolve))
        }
        const shown = jsonOf(await connection.answer())['proxy_protocol'] as { source: string }
        assert.equal(shown.source, '192.0.2.1:56324')
        connection.leave()
      })
    }

    for (const [what, bytes] of [
      ['a line too long', `PROXY TCP4 ${'1'.repeat(120)}\r\n`],
      ['a line of nothing', 'PROXY \r\n'],
      ['another family', line.replace('TCP4', 'TCP5')],
      ['addresses of the other family', line.replace('TCP4', 'TCP6')],
      ['an address that is none', line.replace('192.0.2.1', '192.0.2.256')],
      ['a port past 65535', line.replace('443', '65536')],
      ['a field missing', line.replace(' 443', '')],
      ['a field more', line.replace('443', '443 1')],
      ['version 3', binary(0x31, 0x11, tcp4)],
      ['an unknown command', binary(0x22, 0x11, tcp4)],
      ['too little for addresses', binary(0x21, 0x11, tcp4.subarray(0, 11))],
      ['a field past the end', binary(0x21, 0x11, Buffer.concat([tcp4, Buffer.from([1, 0, 9])]))],
      ['half a field', binary(0x21, 0x11, Buffer.concat([tcp4, Buffer.from([1, 0])]))],
    ] as const) {
      test(`${what} ends the connection without an answer`, async () => {
        const connection = await place.open()
        const head = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
        connection.send(Buffer.concat([head, Buffer.from(rawRequest('GET /'))]))
        assert.equal((await within('the end', connection.closed)).length, 0)
        connection.leave()
      })
    }

    test('before HTTP/2', async () => {
      const raw = await place.open()
      raw.socket.removeAllListeners('data')
      raw.socket.write(line)
      const session = connect('http://x.test', { createConnection: () => raw.socket })
      remember(session)
      const { body } = await askHttp2(session, { ':path': '/' })
      assert.deepEqual(jsonOf({ body })['proxy_protocol'], { version: 1, ...seen })
      session.destroy()
    })
  })
}

test('before TLS', async () => {
  const port = optional.origin().ports.wireTls
  for (const alpn of ['http/1.1', 'h2']) {
    const raw = await RawConnection.open(`http://127.0.0.1:${port}`)
    raw.socket.removeAllListeners('data')
    raw.socket.write(line)
    const options = { socket: raw.socket, rejectUnauthorized: false, ALPNProtocols: [alpn] }
    const socket = connectTls(options)
    remember(socket)
    await within('the handshake', once(socket, 'secureConnect'))
    if (alpn === 'h2') {
      const session = connect('https://x.test', { createConnection: () => socket })
      const { body } = await askHttp2(session, { ':path': '/' })
      assert.deepEqual(jsonOf({ body })['proxy_protocol'], { version: 1, ...seen })
      session.destroy()
    } else {
      socket.write(rawRequest('GET /', { headers: ['Connection: close'] }))
      const pieces: Buffer[] = []
      for await (const piece of socket) pieces.push(piece as Buffer)
      assert.match(Buffer.concat(pieces).toString(), /"source":"192\.0\.2\.1:56324"/)
    }
  }
})

suite('without a header', { concurrency: 4 }, () => {
  // Each begins like a header does.
  for (const method of ['GET', 'POST', 'PUT', 'PROPFIND', 'PATCH']) {
    test(`${method} is answered when it is optional, the connection ended when it is required`, async () => {
      const connection = await optional.open()
      connection.send(rawRequest(`${method} /x`))
      const json = jsonOf(await connection.answer())
      assert.deepEqual([json['method'], json['proxy_protocol']], [method, undefined])
      connection.leave()
      const other = await required.open()
      other.send(rawRequest(`${method} /x`))
      assert.equal((await within('the end', other.closed)).length, 0)
      other.leave()
    })
  }

  test('silence ends after keepAlive.idle, half a header too', async (t) => {
    for (const bytes of ['', 'PROXY TC', '\r\n\r\n\0']) {
      // The origin's clock starts with the connection, before we know of it.
      const startedAt = performance.now()
      const connection = await required.open()
      const ended = howItEnds(connection)
      if (bytes !== '') connection.send(bytes)
      assert.equal(await ended, 'FIN')
      const ms = performance.now() - startedAt
      assert.ok(ms >= 290, `after ${ms} ms`)
      t.diagnostic(`closed after ${Math.round(ms)} ms`)
    }
  })

  for (const [what, bytes] of [
    ['a line', line],
    ['version 2', binary(0x21, 0x11, tcp4)],
  ] as const) {
    test(`with the setting off ${what} is refused with the name of the setting`, async () => {
      const connection = await off.open()
      connection.send(Buffer.concat([Buffer.from(bytes), Buffer.from(rawRequest('GET /'))]))
      const answer = await connection.answer()
      assert.equal(answer.status, 400)
      assert.match(
        String(jsonOf(answer)['error']),
        /^this is a PROXY protocol header.* set wire\.proxyProtocol=optional/,
      )
      await connection.closed
    })
  }
})

test('the setting is followed while we serve', async (t) => {
  const { origin, mount } = await startMounted(t, 'workers: 1\n')
  mount.write('workers: 1\nwire.proxyProtocol: required\n')
  await untilGeneration(origin, 2)
  const connection = await RawConnection.open(wireUrl(origin))
  connection.send(line + rawRequest('GET /'))
  assert.deepEqual(jsonOf(await connection.answer())['proxy_protocol'], { version: 1, ...seen })
  connection.leave()
})

test('nothing is held when all clients have left', async () => {
  for (const { origin } of [optional, required, off]) await allFreed(origin())
})
