// What once ended a worker, or held it for seconds: a client must not be able to.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'

import { startOrigin } from '../support/origin.ts'
import { RawConnection, headerOf, rawRequest } from '../support/raw.ts'
import { allFreed } from '../support/shared-origin.ts'
import { within } from '../support/wait.ts'
import { useWire } from './wire-client.ts'
import { askHttp2, openHttp2 } from './wire-http2-client.ts'

const { origin, url, open } = useWire({ 'limits.headerBytes': '1M' })

/** A frame of HTTP/2 (RFC 9113 4.1). */
function frame(type: number, flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  // Frames of the connection are empty here; all others are of stream 1.
  head.writeUInt32BE(payload.length === 0 ? 0 : 1, 5)
  return Buffer.concat([head, payload])
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value)])
}

/** A header block of literals without indexing (RFC 7541 6.2.2), each text shorter than 127 bytes. */
function headerBlock(fields: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(fields).map(([name, value]) =>
      Buffer.concat([Buffer.from([0]), text(name), text(value)]),
    ),
  )
}

const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame(4, 0, Buffer.alloc(0)),
])

async function isAlive(): Promise<void> {
  const connection = await open()
  connection.send(rawRequest('GET /health'))
  assert.equal((await connection.answer()).status, 200)
  connection.leave()
}

suite('a stream that is reset in the piece it came in', () => {
  const plain = { ':scheme': 'http', ':authority': 'x' }
  for (const [what, fields] of [
    [
      'a POST that waits for 100',
      { ...plain, ':method': 'POST', ':path': '/', expect: '100-continue' },
    ],
    ['/early-hints', { ...plain, ':method': 'GET', ':path': '/early-hints' }],
    ['a WebSocket', { ...plain, ':method': 'CONNECT', ':path': '/ws', ':protocol': 'websocket' }],
  ] as const) {
    for (const code of [0, 8]) {
      test(`${what}, code ${code}`, async () => {
        const connection = await RawConnection.open(url())
        const reset = Buffer.alloc(4)
        reset.writeUInt32BE(code)
        // END_HEADERS, the stream stays open.
        const head = frame(1, 4, headerBlock(fields))
        connection.send(Buffer.concat([preface, head, frame(3, 0, reset)]))
        await once(connection.socket, 'data')
        await isAlive()
        connection.leave()
        await allFreed(origin())
      })
    }
  }
})

suite('trailers that HTTP/2 treats in its own way', () => {
  for (const name of ['etag', 'age', 'location', 'x-mine']) {
    test(`${name}, twice`, async () => {
      const session = await openHttp2(url())
      const { status, trailers } = await askHttp2(session, {
        ':path': `/trailers?${name}=a&${name}=b`,
      })
      assert.deepEqual([status, trailers?.[name]], [200, 'a, b'])
      session.destroy()
    })
  }

  test('http2-settings is not sent as a trailer', async () => {
    const session = await openHttp2(url())
    const { status } = await askHttp2(session, { ':path': '/trailers?http2-settings=b' })
    assert.equal(status, 400)
    session.destroy()
  })
})

for (const version of ['HTTP/2.0', 'HTTP/0.9']) {
  for (const path of ['/', '/trailers?a=b', '/bin/10?digest=true&chunked=true', '/early-hints']) {
    test(`${path} by ${version} is 505 and the end`, async () => {
      const connection = await open()
      connection.send(`GET ${path} ${version}\r\nHost: x\r\n\r\n`)
      const answer = await connection.answer()
      assert.equal(answer.status, 505)
      assert.equal(headerOf(answer, 'connection'), 'close')
      await within('the end', connection.closed)
      connection.leave()
    })
  }
}

test('HTTP/1.0 with a transfer coding is answered and closed', async () => {
  const connection = await open()
  const headers = 'Connection: keep-alive\r\nTransfer-Encoding: chunked'
  connection.send(`POST /upload HTTP/1.0\r\n${headers}\r\n\r\n3\r\nabc\r\n0\r\n\r\n`)
  assert.equal(headerOf(await connection.answer(), 'connection'), 'close')
  await within('the end', connection.closed)
  connection.leave()
})

// 30 s before the names were put in a Map.
test('100,000 headers do not delay other connections', async () => {
  const headers = Array.from({ length: 100_000 }, (_, at) => `a${at.toString(36)}:`)
  const connection = await open()
  connection.send(rawRequest('GET /', { headers }))
  const answer = await connection.answer({ ms: 8000 })
  const json = JSON.parse(answer.body.toString()) as { readonly headers: object }
  assert.equal(Object.keys(json.headers).length, 100_001)
  connection.leave()
})

// Node resets the stream for a client that has heard of the limit; we answer 431 to one that has not.
test('a head of HTTP/2 past the limit is refused, and the connection goes on', async (t) => {
  const { ports } = await startOrigin(t, { 'limits.headerBytes': '64K' })
  const session = await openHttp2(`http://127.0.0.1:${ports.wire}`, {
    // Of the client's own, which is 64 KiB.
    maxSendHeaderBlockLength: 2 ** 20,
  })
  const long = 'a'.repeat(30_000)
  const refused = await askHttp2(session, { ':path': '/', a: long, b: long, c: long }).then(
    ({ status }) => String(status),
    String,
  )
  assert.match(refused, /431|ENHANCE_YOUR_CALM/)
  assert.equal((await askHttp2(session, { ':path': '/', a: long, b: long })).status, 200)
  session.destroy()
})

test('/early-hints waits before the 200, too', async () => {
  const connection = await open()
  const startedAt = performance.now()
  connection.send(rawRequest('GET /early-hints?delay=100ms&count=1'))
  assert.equal((await connection.answer({ isHead: true })).status, 103)
  const hintedAt = performance.now() - startedAt
  assert.equal((await connection.answer()).status, 200)
  const answeredAt = performance.now() - startedAt
  assert.ok(hintedAt >= 99 && answeredAt >= 198, `${hintedAt} and ${answeredAt} ms`)
  connection.leave()
})
