import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { jsonOf } from '../support/ask.ts'
import { alphabetBytes } from '../support/payloads.ts'
import { RawConnection, headerOf, rawRequest } from '../support/raw.ts'
import { allFreed, readActivity, residentBytes, useOrigin } from '../support/shared-origin.ts'
import { pause, until, within } from '../support/wait.ts'

const origin = useOrigin()
const open = (): Promise<RawConnection> => RawConnection.open(origin().url)

suite('many requests in one write', { concurrency: 2 }, () => {
  test('50 of them are answered in order', async () => {
    const connection = await open()
    const numbers = Array.from({ length: 50 }, (_, index) => index)
    connection.send(numbers.map((number) => rawRequest(`GET /n/${number}`)).join(''))
    for (const number of numbers) {
      assert.equal(jsonOf(await connection.answer())['path'], `/n/${number}`)
    }
    assert.equal(connection.waiting, 0)
    connection.leave()
  })

  test('50 of different endpoints are answered in order', async () => {
    const connection = await open()
    const lines = ['GET /health', 'HEAD /bin/100', 'GET /bin/37', 'GET /status/404', 'GET /bin/1Q']
    connection.send(
      lines
        .map((line) => rawRequest(line))
        .join('')
        .repeat(10),
    )
    for (let round = 0; round < 10; round++) {
      assert.equal((await connection.answer()).body.toString(), '{"status":"ok"}')
      assert.equal(headerOf(await connection.answer({ isHead: true }), 'content-length'), '100')
      assert.ok((await connection.answer()).body.equals(alphabetBytes(0, 37)))
      assert.equal((await connection.answer()).status, 404)
      assert.equal((await connection.answer()).status, 400)
    }
    connection.leave()
  })

  for (const [what, headersOf, bodyOf] of [
    ['Content-Length', (body: string) => `Content-Length: ${body.length}`, (body: string) => body],
    [
      'chunks',
      () => 'Transfer-Encoding: chunked',
      (body: string) => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    ],
  ] as const) {
    test(`50 with bodies in ${what} keep their bodies apart`, async () => {
      const connection = await open()
      const bodies = Array.from({ length: 50 }, (_, index) => `body ${index}`.repeat(index + 1))
      const requests = bodies.map((body) =>
        rawRequest('POST /x', { headers: [headersOf(body)], body: bodyOf(body) }),
      )
      connection.send(requests.join(''))
      for (const body of bodies) assert.equal(jsonOf(await connection.answer())['body'], body)
      connection.leave()
    })
  }

  test('20 uploads keep their bodies apart', async () => {
    const connection = await open()
    const request = rawRequest('PUT /upload?seed=0', {
      headers: ['Content-Length: 3'],
      body: 'ABC',
    })
    connection.send(request.repeat(20))
    for (let index = 0; index < 20; index++) {
      const json = jsonOf(await connection.answer())
      assert.deepEqual([json['bytes_received'], json['first_bad_offset']], [3, -1])
    }
    connection.leave()
  })

  test('20 answers of 64 KiB that the client does not read at first arrive whole', async () => {
    const connection = await open()
    connection.socket.pause()
    connection.send(rawRequest('GET /bin/64K').repeat(20))
    await pause(200)
    connection.socket.resume()
    for (let index = 0; index < 20; index++) {
      assert.ok((await connection.answer()).body.equals(alphabetBytes(0, 65_536)))
    }
    connection.leave()
  })

  // The engine closes when a request comes while an answer is pending, so the answer is lost too
  // (20.51); clients that pipeline behind slow answers have to send them again.
  test('a request after one that is not answered yet ends the connection', async () => {
    const connection = await open()
    connection.send(rawRequest('GET /delay/100') + rawRequest('GET /health'))
    assert.equal((await within('the end', connection.closed)).length, 0)
    connection.leave()
  })
})

suite('one request after the other on a connection', { concurrency: 2 }, () => {
  test('every kind of answer leaves the connection usable', async () => {
    const connection = await open()
    for (const line of [
      'GET /bin/2M',
      'GET /bin/2M?chunked=true',
      'GET /bin/0?chunked=true',
      'GET /chunked/3?delay=1',
      'GET /chunked/2?size=0',
      'GET /drip?bytes=5&duration=5ms',
      'GET /drip?code=204&duration=5ms',
      'GET /sse?count=2&interval=1',
      'GET /delay/1',
      'GET /status/204',
      'GET /bin/3M?digest=true',
      'GET /bin/100K?cipher=aes-128-cbc',
      'GET /bin/1K?hash=sha256',
      'GET /ws',
      'GET /chunked/x',
    ]) {
      connection.send(rawRequest(line))
      await connection.answer()
      connection.send(rawRequest(line.replace('GET', 'HEAD')))
      await connection.answer({ isHead: true })
      assert.equal(connection.waiting, 0, line)
    }
    connection.leave()
  })

  test('a body that an endpoint does not read is not parsed as the next request', async () => {
    const connection = await open()
    const trap = rawRequest('GET /trap')
    for (const path of ['/health', '/bin/2M', '/chunked/2', '/drip?bytes=2&duration=2', '/ws']) {
      const headers = [`Content-Length: ${trap.length}`]
      connection.send(rawRequest(`POST ${path}`, { headers, body: trap }))
      await connection.answer()
      connection.send(rawRequest('GET /next'))
      assert.equal(jsonOf(await connection.answer())['path'], '/next')
    }
    connection.leave()
  })

  test('Connection: close is obeyed', async () => {
    for (const line of ['GET /health', 'GET /bin/2M', 'GET /chunked/2', 'GET /delay/1', 'HEAD /']) {
      const connection = await open()
      connection.send(rawRequest(line, { headers: ['Connection: close'] }))
      await connection.answer({ isHead: line.startsWith('HEAD') })
      assert.equal((await within(`the end after ${line}`, connection.closed)).length, 0)
      connection.leave()
    }
  })
})

suite('Expect: 100-continue', () => {
  for (const path of ['/', '/upload', '/delay/5']) {
    test(`${path} lets the client go on, then answers`, async () => {
      const connection = await open()
      const headers = ['Expect: 100-continue', 'Content-Length: 5']
      connection.send(rawRequest(`POST ${path}`, { headers }))
      assert.equal((await connection.answer()).status, 100)
      connection.send('hello')
      const answer = await connection.answer()
      assert.deepEqual([answer.status, jsonOf(answer)['body_size']], [200, 5])
      connection.leave()
    })
  }
})

suite('slow and impatient clients', { concurrency: 4 }, () => {
  test('a request head that comes one byte at a time is understood', async () => {
    const connection = await open()
    connection.socket.setNoDelay(true)
    for (const byte of rawRequest('GET /slow?as=this', { headers: ['X-Tortoise: yes'] })) {
      connection.send(byte)
      await pause(1)
    }
    const json = jsonOf(await connection.answer())
    assert.deepEqual([json['path'], json['query']], ['/slow', 'as=this'])
    assert.equal((json['headers'] as Record<string, unknown>)['x-tortoise'], 'yes')
    connection.leave()
  })

  test('a client that half-closes after its request still gets the answer', async () => {
    for (const line of ['GET /health', 'GET /bin/64K', 'GET /any']) {
      const connection = await open()
      connection.socket.end(rawRequest(line))
      assert.equal((await connection.answer()).status, 200)
      await within('the end', connection.closed)
    }
  })

  // The engine takes a FIN for the client having left (20.51): what is not answered by then is not.
  test('a client that half-closes during a delay gets no answer', async () => {
    const connection = await open()
    connection.socket.end(rawRequest('GET /delay/200'))
    assert.equal((await within('the end', connection.closed)).length, 0)
  })
})

// 20.51 queues what a socket does not take without a limit, or closes on the next request while an
// answer waits; the origin chooses the second, so a client that never reads costs nothing.
for (const [path, bytes] of [
  ['/bin/64K', 65_536],
  ['/bin/1K', 1024],
  ['/', 400],
  ['/status/404', 400],
] as const) {
  test(`20,000 answers of ${path}, unread, end the connection and not the memory`, async () => {
    await allFreed(origin())
    const before = residentBytes(origin())
    const connection = await open()
    // So that the origin has counted the connection.
    connection.send(rawRequest('GET /health'))
    await connection.answer()
    connection.socket.pause()
    connection.send(rawRequest(`GET ${path}`).repeat(20_000))
    await until('the connection cut', () => readActivity(origin()), {
      holds: ({ connections }) => connections === 0,
    })
    const grown = residentBytes(origin()) - before
    assert.ok(grown < 64 * 2 ** 20, `grew by ${grown} bytes`)
    connection.socket.resume()
    const received = (await within('the end', connection.closed)).length
    assert.ok(received < 20_000 * bytes, `${received} bytes`)
    connection.leave()
  })
}

test('nothing is held when all clients have left', () => allFreed(origin()))
