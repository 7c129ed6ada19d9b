import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { ask, jsonOf } from '../support/ask.ts'
import { alphabetBytes, crc32cHex, seededBytes, sha256 } from '../support/payloads.ts'
import { headerOf, rawRequest } from '../support/raw.ts'
import { allFreed, readActivity, residentBytes } from '../support/shared-origin.ts'
import { pause, until } from '../support/wait.ts'
import { howItEnds, useWire } from './wire-client.ts'

const { origin, url, open } = useWire()
const limited = useWire({ 'limits.body': '100K' })

const mebibyte = 2 ** 20

suite('bodies that come', { concurrency: 2 }, () => {
  test('an upload of 100 MiB is counted, hashed and checked, and costs little', async () => {
    const before = residentBytes(origin())
    const size = 100 * mebibyte
    const whole = alphabetBytes(0, size)
    const answer = await ask(url(), '/upload?digest=true&seed=0', { method: 'POST', body: whole })
    const json = jsonOf(answer)
    assert.equal(json['bytes_received'], size)
    assert.equal(json['first_bad_offset'], -1)
    assert.equal(json['sha256'], sha256(whole))
    const grown = residentBytes(origin()) - before
    assert.ok(grown < 64 * mebibyte, `grew by ${grown} bytes`)
  })

  test('one byte at a time is taken as it comes', async () => {
    const connection = await open()
    const headers = ['Content-Length: 10', 'Expect: 100-continue']
    connection.send(rawRequest('PUT /upload?digest=true', { headers }))
    // Its time has begun: a busy origin may have come to it late.
    assert.equal((await connection.answer()).status, 100)
    for (const letter of 'abcdefghij') {
      connection.send(letter)
      // The slowness itself is what is tested.
      await pause(50)
    }
    const json = jsonOf(await connection.answer())
    assert.deepEqual(
      [json['bytes_received'], json['crc32c']],
      [10, crc32cHex(Buffer.from('abcdefghij'))],
    )
    assert.ok(Number(json['duration_ms']) >= 400)
    connection.leave()
  })

  test('a head and a body in single bytes are a request', async () => {
    const connection = await open()
    const bytes = rawRequest('POST /x', { headers: ['Content-Length: 2'], body: 'hi' })
    for (const byte of bytes) {
      await new Promise((resolve) => connection.socket.write(byte, 'latin1', resolve))
    }
    assert.equal(jsonOf(await connection.answer())['body'], 'hi')
    connection.leave()
  })

  test('chunks with extensions and trailers are what they hold', async () => {
    const connection = await open()
    const body =
      '3;a=b\r\nabc\r\n000A;q="x;y"\r\n0123456789\r\n1;;\r\nz\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n'
    const plain = '1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n'
    const headers = ['Transfer-Encoding: chunked', 'Trailer: X-Sum']
    connection.send(rawRequest('POST /x', { headers, body: plain }))
    const first = jsonOf(await connection.answer())
    assert.deepEqual([first['body'], 'x-sum' in (first['headers'] as object)], ['a', false])
    connection.send(rawRequest('POST /x', { headers, body: body.replace('1;;', '1;c') }))
    assert.equal(jsonOf(await connection.answer())['body'], 'abc0123456789z')
    connection.send(rawRequest('GET /next'))
    assert.equal(jsonOf(await connection.answer())['path'], '/next')
    connection.leave()
  })

  test('100 in one write are answered in order, including slow ones', async () => {
    const connection = await open()
    const paths = Array.from({ length: 100 }, (_, at) => (at % 10 === 3 ? '/delay/30' : `/n/${at}`))
    const requests = paths.map((path, at) => {
      const body = `body ${at}`.repeat(at)
      return rawRequest(`POST ${path}`, { headers: [`Content-Length: ${body.length}`], body })
    })
    connection.send(requests.join(''))
    for (const [at, path] of paths.entries()) {
      const json = jsonOf(await connection.answer())
      assert.deepEqual([json['path'], json['body']], [path, `body ${at}`.repeat(at)])
    }
    assert.equal(connection.waiting, 0)
    connection.leave()
  })

  test('1500 in one write are all answered', async () => {
    const connection = await open()
    connection.send(rawRequest('GET /delay/5').repeat(1500))
    for (let answers = 0; answers < 1500; answers++) {
      assert.equal((await connection.answer()).status, 200)
    }
    connection.leave()
  })
})

// On an origin of its own: what is counted is all that it has under way.
const quiet = useWire()

test('of 1500 in one write 128 are begun, and those of the same 4 KiB', async () => {
  const connection = await quiet.open()
  const request = rawRequest('GET /delay/3000', { headers: [`X-Long: ${'x'.repeat(1000)}`] })
  connection.send(request.repeat(1500))
  const active = async (): Promise<number> => (await readActivity(quiet.origin())).requests
  await until('128 are under way', active, { holds: (count) => count >= 128 })
  // The connection is read no further, however often others are served meanwhile.
  for (let times = 0; times < 20; times++) await ask(quiet.url(), '/bin/1')
  const begun = await active()
  assert.ok(begun <= 128 + Math.ceil(4096 / request.length), `${begun} at once`)
  connection.leave()
  await allFreed(quiet.origin())
})

suite('answers that do not wait for the body', { concurrency: 2 }, () => {
  test('come while 10 MiB of body are still due, and the connection goes on after it', async () => {
    const connection = await open()
    const headers = [`Content-Length: ${10 * mebibyte}`]
    connection.send(rawRequest('GET /bin/1K', { headers, body: 'x'.repeat(1000) }))
    const answer = await connection.answer()
    assert.ok(answer.body.equals(alphabetBytes(0, 1024)))
    assert.equal(headerOf(answer, 'connection'), 'keep-alive')
    connection.send(Buffer.alloc(10 * mebibyte - 1000, 'x'))
    connection.send(rawRequest('GET /next'))
    assert.equal(jsonOf(await connection.answer())['path'], '/next')
    connection.leave()
  })

  for (const path of ['/', '/upload', '/delay/1', '/status/200']) {
    test(`413 from ${path} arrives while the client goes on sending`, async () => {
      const connection = await limited.open()
      const ended = howItEnds(connection)
      connection.send(rawRequest(`POST ${path}`, { headers: ['Transfer-Encoding: chunked'] }))
      const chunk = Buffer.from(`10000\r\n${'x'.repeat(65_536)}\r\n`)
      // Not one of them waits for the answer.
      for (let count = 0; count < 160; count++) connection.send(chunk)
      const answer = await connection.answer()
      assert.equal(answer.status, 413)
      assert.equal(headerOf(answer, 'connection'), 'close')
      assert.equal(jsonOf(answer)['code'], 'PAYLOAD_TOO_LARGE')
      assert.equal(await ended, 'FIN')
    })
  }

  test('413 for a length that is announced comes before the body', async () => {
    const connection = await limited.open()
    const ended = howItEnds(connection)
    connection.send(rawRequest('POST /upload', { headers: ['Content-Length: 10000000000'] }))
    const answer = await connection.answer()
    assert.deepEqual([answer.status, headerOf(answer, 'connection')], [413, 'close'])
    assert.equal(await ended, 'FIN')
  })

  // Both chunks are in one write, so that all of the body is there when it is refused.
  test('413 for a body that is read slowly closes, too; /status/413 does not', async () => {
    const connection = await limited.open()
    const ended = howItEnds(connection)
    const chunks = [70_000, 40_000].map((size) => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`)
    const headers = ['Transfer-Encoding: chunked']
    connection.send(rawRequest('GET /status/413'))
    const asked = await connection.answer()
    assert.deepEqual([asked.status, headerOf(asked, 'connection')], [413, 'keep-alive'])
    const body = `${chunks.join('')}0\r\n\r\n`
    connection.send(rawRequest('POST /delay/0/50', { headers, body }))
    const answer = await connection.answer()
    assert.deepEqual([answer.status, headerOf(answer, 'connection')], [413, 'close'])
    assert.equal(await ended, 'FIN')
  })

  test('a client that never stops sending is cut after a while', async () => {
    const connection = await limited.open()
    connection.send(rawRequest('POST /upload', { headers: ['Content-Length: 10000000000'] }))
    const feed = setInterval(() => connection.send(Buffer.alloc(65_536)), 5)
    assert.equal((await connection.answer()).status, 413)
    await until('the cut', () => connection.socket.destroyed || connection.socket.errored !== null)
    clearInterval(feed)
    connection.leave()
  })
})

suite('bodies that go', { concurrency: 2 }, () => {
  for (const path of ['/bin/20M?seed=7', '/bin/20M?seed=7&chunked=true']) {
    test(`${path} is AES-128-CTR of zeros`, async () => {
      const expected = seededBytes(7, 20 * mebibyte)
      assert.ok((await ask(url(), path)).body.equals(expected))
    })
  }

  test('a range is that range', async () => {
    const answer = await ask(url(), '/bin/1G', { headers: { range: 'bytes=999999990-1000000009' } })
    assert.equal(answer.status, 206)
    assert.ok(answer.body.equals(alphabetBytes(999_999_990, 1_000_000_010)))
  })

  test('50 unread downloads cost little', async () => {
    const before = residentBytes(origin())
    const connections = await Promise.all(Array.from({ length: 50 }, open))
    for (const connection of connections) {
      connection.socket.pause()
      connection.send(rawRequest('GET /bin/10G?seed=3'))
    }
    await until('all under way', () => readActivity(origin()), {
      holds: ({ requests }) => requests === 50,
    })
    // Long enough for what would be queued to be queued.
    await pause(500)
    const grown = residentBytes(origin()) - before
    assert.ok(grown < 96 * mebibyte, `grew by ${grown} bytes`)
    for (const { socket } of connections) socket.resetAndDestroy()
  })
})

test('nothing is held when all clients have left', async () => {
  await allFreed(origin())
  await allFreed(limited.origin())
})
