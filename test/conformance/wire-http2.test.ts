import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { constants } from 'node:http2'
import { suite, test } from 'node:test'

import { jsonOf } from '../support/ask.ts'
import { alphabetBytes, sha256 } from '../support/payloads.ts'
import { RawConnection } from '../support/raw.ts'
import { allFreed, readActivity, residentBytes } from '../support/shared-origin.ts'
import { pause, until, within } from '../support/wait.ts'
import { useWire } from './wire-client.ts'
import { askHttp2, openHttp2, readAnswer } from './wire-http2-client.ts'

const { origin, url } = useWire()

suite('with prior knowledge', { concurrency: 4 }, () => {
  test('GET, POST and HEAD are answered on one connection', async () => {
    const session = await openHttp2(url())
    const got = await askHttp2(session, { ':path': '/bin/100000' })
    assert.equal(got.status, 200)
    assert.equal(got.headers['content-length'], '100000')
    assert.equal(got.headers['connection'], undefined)
    assert.ok(got.body.equals(alphabetBytes(0, 100_000)))
    const posted = await askHttp2(session, { ':method': 'POST', ':path': '/x?y' }, 'hello')
    const json = jsonOf(posted)
    assert.deepEqual(
      [json['method'], json['path'], json['query'], json['body'], json['http_version']],
      ['POST', '/x', 'y', 'hello', '2.0'],
    )
    const head = await askHttp2(session, { ':method': 'HEAD', ':path': '/bin/77' })
    assert.deepEqual([head.headers['content-length'], head.body.length], ['77', 0])
    session.close()
  })

  test('the echo has the fields in order, and :authority as host', async () => {
    const session = await openHttp2(url())
    const fields = { ':path': '/', ':authority': 'a.test', 'x-b': ['1', '2'], 'x-a': '3' }
    const json = jsonOf(await askHttp2(session, fields))
    assert.deepEqual(json['headers'], { host: 'a.test', 'x-b': ['1', '2'], 'x-a': '3' })
    const raw = json['raw_headers'] as string[][]
    assert.ok(raw.some(([name, value]) => name === ':authority' && value === 'a.test'))
    assert.equal(json['uri'], 'http://a.test/')
    session.close()
  })

  test('100 streams at once each get their own', async () => {
    const session = await openHttp2(url())
    const sizes = Array.from({ length: 100 }, (_, at) => at * 1777)
    const answers = await Promise.all(
      sizes.map((size) => askHttp2(session, { ':path': `/bin/${size}` })),
    )
    for (const [at, { body }] of answers.entries()) {
      assert.ok(body.equals(alphabetBytes(0, sizes[at] ?? 0)))
    }
    session.close()
  })

  test('a slow answer does not hold others back', async () => {
    const session = await openHttp2(url())
    const order: string[] = []
    const asked = ['/delay/300', '/health'].map(async (path) => {
      await askHttp2(session, { ':path': path })
      order.push(path)
    })
    await Promise.all(asked)
    assert.deepEqual(order, ['/health', '/delay/300'])
    session.close()
  })

  test('streams are flushed piece by piece', async () => {
    const session = await openHttp2(url())
    const stream = session.request({ ':path': '/sse?count=2&interval=1h' })
    const [piece] = (await within('the first event', once(stream, 'data'))) as [Buffer]
    assert.match(piece.toString(), /^id: 1\n/)
    session.destroy()
  })

  test('an upload of 20 MiB is hashed', async () => {
    const session = await openHttp2(url())
    const body = alphabetBytes(0, 20 * 2 ** 20)
    const fields = { ':method': 'PUT', ':path': '/upload?digest=true' }
    const json = jsonOf(await askHttp2(session, fields, body))
    assert.equal(json['sha256'], sha256(body))
    session.close()
  })
})

suite('before, after and instead of the body', { concurrency: 4 }, () => {
  test('1xx come before the answer', async () => {
    const session = await openHttp2(url())
    for (const code of [102, 103, 199]) {
      const answer = await askHttp2(session, { ':path': `/status/${code}?final=404` })
      assert.deepEqual(
        [answer.interim.map((fields) => fields[':status']), answer.status],
        [[code], 404],
      )
    }
    const hints = await askHttp2(session, { ':path': '/early-hints?count=3' })
    assert.deepEqual(
      hints.interim.map(({ link }) => link),
      Array(3).fill('</style.css>; rel=preload; as=style'),
    )
    session.close()
  })

  test('trailers come after the body, repeats repeated', async () => {
    const session = await openHttp2(url())
    const { trailers, body } = await askHttp2(session, { ':path': '/trailers?X-A=1&b=2&X-A=3' })
    assert.deepEqual([trailers?.['x-a'], trailers?.['b']], ['1, 3', '2'])
    assert.equal(body.toString(), 'The trailers follow this line.\n')
    const digest = createHash('sha256').update(alphabetBytes(0, 100_000)).digest('base64')
    const sized = await askHttp2(session, { ':path': '/bin/100000?chunked=true&digest=true' })
    assert.equal(sized.trailers?.['repr-digest'], `sha-256=:${digest}:`)
    const head = await askHttp2(session, { ':method': 'HEAD', ':path': '/trailers?a=1' })
    assert.equal(head.trailers, undefined)
    session.close()
  })

  test('Expect: 100-continue is answered, others are 417', async () => {
    const session = await openHttp2(url())
    const fields = { ':method': 'POST', ':path': '/continue', expect: '100-continue' }
    const stream = session.request(fields, { endStream: false })
    await within('the 100', once(stream, 'continue'))
    const answer = readAnswer(stream)
    stream.end('hello')
    assert.equal(jsonOf(await answer)['bytes_received'], 5)
    const other = await askHttp2(session, { ...fields, expect: 'magic' }, 'hello')
    assert.deepEqual([other.status, jsonOf(other)['code']], [417, 'EXPECTATION_FAILED'])
    session.close()
  })

  test('CONNECT is 405, an extended one for another protocol 501', async () => {
    const session = await openHttp2(url())
    const tunnel = await askHttp2(session, { ':method': 'CONNECT', ':authority': 'x:443' }, '')
    assert.deepEqual([tunnel.status, jsonOf(tunnel)['code']], [405, 'METHOD_NOT_ALLOWED'])
    const fields = { ':method': 'CONNECT', ':protocol': 'connect-udp', ':path': '/ws' }
    const other = await askHttp2(session, fields, '')
    assert.deepEqual([other.status, jsonOf(other)['code']], [501, 'UNSUPPORTED_ON_LISTENER'])
    session.close()
  })

  test('a head past limits.headerBytes is refused, and the next request is answered', async () => {
    const session = await openHttp2(url())
    const fields = { ':path': '/', 'x-long': 'x'.repeat(100_000) }
    const refused = await askHttp2(session, fields).then(
      ({ status }) => status,
      () => 'reset',
    )
    assert.ok(refused === 431 || refused === 'reset', String(refused))
    const again = session.destroyed ? await openHttp2(url()) : session
    assert.equal((await askHttp2(again, { ':path': '/health' })).status, 200)
    again.close()
  })
})

test('100 unread downloads cost little', async () => {
  const before = residentBytes(origin())
  const session = await openHttp2(url())
  const streams = Array.from({ length: 100 }, () => session.request({ ':path': '/bin/1G' }))
  await Promise.all(streams.map((stream) => once(stream, 'response')))
  // Long enough for what would be queued to be queued.
  await pause(500)
  const grown = residentBytes(origin()) - before
  assert.ok(grown < 96 * 2 ** 20, `grew by ${grown} bytes`)
  session.destroy()
  await allFreed(origin())
})

for (const path of ['/sse?count=0&interval=10', '/delay/1h', '/bin/10G', '/bin/5G?digest=true']) {
  test(`a reset ends ${path} and nothing else`, async () => {
    const session = await openHttp2(url())
    const stream = session.request({ ':path': path })
    stream.on('error', () => {})
    await until('the request is under way', () => readActivity(origin()), {
      holds: ({ requests }) => requests === 1,
    })
    stream.close(constants.NGHTTP2_CANCEL)
    await until('the stream is freed and the connection there', () => readActivity(origin()), {
      holds: ({ requests, connections }) => requests === 0 && connections === 1,
    })
    assert.equal((await askHttp2(session, { ':path': '/health' })).status, 200)
    session.destroy()
    await allFreed(origin())
  })
}

test('10,000 streams that are reset at once are cut short, and leave nothing', async () => {
  const before = residentBytes(origin())
  const session = await openHttp2(url())
  const gone = new Promise<void>((resolve) => session.once('close', () => resolve()))
  for (let count = 0; count < 10_000 && !session.destroyed && !session.closed; count++) {
    const stream = session.request({ ':path': '/delay/1h' })
    stream.on('error', () => {})
    stream.close(constants.NGHTTP2_CANCEL)
    if (count % 100 === 0) await new Promise(setImmediate)
  }
  await within('the end of the session', gone)
  await allFreed(origin())
  const grown = residentBytes(origin()) - before
  assert.ok(grown < 96 * 2 ** 20, `grew by ${grown} bytes`)
})

/** A frame (RFC 9113 4.1) on stream 0. */
function frame(type: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  return Buffer.concat([head, payload])
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const settings = frame(4, Buffer.alloc(0))

for (const [what, one] of [
  ['PINGs', frame(6, Buffer.alloc(8))],
  ['SETTINGS', frame(4, Buffer.from([0, 3, 0, 0, 0, 100]))],
] as const) {
  test(`a flood of ${what} whose answers nobody reads is cut off`, async () => {
    const before = residentBytes(origin())
    const connection = await RawConnection.open(url())
    connection.send(Buffer.concat([preface, settings]))
    connection.socket.pause()
    const many = Buffer.concat(Array<Buffer>(10_000).fill(one))
    const flood = (): void => {
      while (!connection.socket.destroyed && connection.socket.write(many)) continue
    }
    connection.socket.on('drain', flood)
    flood()
    await allFreed(origin())
    const grown = residentBytes(origin()) - before
    assert.ok(grown < 96 * 2 ** 20, `grew by ${grown} bytes`)
    connection.leave()
  })
}

test('a preface in single bytes is one, half of one is HTTP/1 garbage', async () => {
  const connection = await RawConnection.open(url())
  for (const byte of Buffer.concat([preface, settings])) {
    await new Promise((resolve) => connection.socket.write(Buffer.from([byte]), resolve))
  }
  // Its SETTINGS frame.
  assert.equal((await connection.take(9))[3], 4)
  connection.leave()
  const other = await RawConnection.open(url())
  other.send('PRI * HTTP/2.0\r\n\r\nXX')
  await within('the end', other.closed)
  other.leave()
})

test('nothing is held when all clients have left', () => allFreed(origin()))
