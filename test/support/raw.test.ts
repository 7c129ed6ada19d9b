import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import { type TestContext, suite, test } from 'node:test'

import { RawConnection, exchangeBytes, headerOf, rawRequest, sizedRequest } from './raw.ts'
import { until } from './wait.ts'

/** A server that says what `speak` has it say, and a connection to it. */
async function connected(
  t: TestContext,
  speak: (socket: Socket) => void,
): Promise<{ readonly connection: RawConnection; readonly url: string }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    speak(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const connection = await RawConnection.open(url)
  t.after(() => {
    connection.leave()
    server.close()
  })
  return { connection, url }
}

/** Says some bytes in pieces of so many, each in a packet of its own. */
function inPieces(bytes: string, length: number): (socket: Socket) => void {
  const speakFrom = (socket: Socket, at: number): void => {
    if (at >= bytes.length) return void socket.end()
    socket.write(bytes.slice(at, at + length), 'latin1')
    setImmediate(() => speakFrom(socket, at + length))
  }
  return (socket) => speakFrom(socket.setNoDelay(true), 0)
}

const chunked =
  'HTTP/1.1 200 OK\r\nX-Sum: a\r\nx-sum: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n'
const sized = 'HTTP/1.1 404 Not here\r\nContent-Length: 4\r\n\r\nnone'
const bodyless = 'HTTP/1.1 204 No Content\r\n\r\n'
const toTheEnd = 'HTTP/1.0 200 OK\r\n\r\nall the rest'

suite('answers', () => {
  for (const length of [1, 7, 1000]) {
    test(`that come in pieces of ${length} bytes are read one by one`, async (t) => {
      const { connection } = await connected(
        t,
        inPieces(chunked + sized + bodyless + toTheEnd, length),
      )
      const [first, second, third, last] = await Promise.all([
        connection.answer(),
        connection.answer(),
        connection.answer(),
        connection.answer(),
      ])
      assert.deepEqual([first.version, first.status, first.reason], ['1.1', 200, 'OK'])
      assert.deepEqual(first.headers.slice(0, 2), [
        ['X-Sum', 'a'],
        ['x-sum', 'b'],
      ])
      assert.equal(headerOf(first, 'x-sum'), 'a')
      assert.deepEqual([first.body.toString(), first.chunks], ['abc0123456789', [3, 10]])
      assert.deepEqual(
        [second.status, second.reason, second.body.toString()],
        [404, 'Not here', 'none'],
      )
      assert.deepEqual([third.status, third.body.length], [204, 0])
      assert.deepEqual([last.version, last.body.toString()], ['1.0', 'all the rest'])
      assert.equal(connection.waiting, 0)
      assert.equal(connection.received, (chunked + sized + bodyless + toTheEnd).length)
    })
  }

  test('to HEAD have no body', async (t) => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n'
    const { connection } = await connected(t, inPieces(head + sized, 1000))
    assert.equal((await connection.answer({ isHead: true })).status, 200)
    assert.equal((await connection.answer()).status, 404)
  })

  for (const [what, bytes] of [
    ['a status line', 'HTTP/1.1 OK\r\n\r\n'],
    ['a header line', 'HTTP/1.1 200 OK\r\nX-Sum:a\r\n\r\n'],
    ['the size of a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n'],
    ['the end of a chunk', `${chunked.slice(0, chunked.indexOf('abc'))}abcd\r\n0\r\n\r\n`],
    ['its end', chunked.slice(0, -2)],
    ['its length', sized.slice(0, -1)],
  ] as const) {
    test(`without ${what} are an error`, async (t) => {
      const { connection } = await connected(t, inPieces(bytes, 1000))
      await assert.rejects(connection.answer())
    })
  }
})

test('the end of a connection is told as it was', async (t) => {
  const ended = await connected(t, (socket) => socket.end('bye'))
  assert.deepEqual(await ended.connection.rest(), { end: 'FIN', bytes: Buffer.from('bye') })
  assert.equal(ended.connection.end, 'FIN')
  const reset = await connected(t, (socket) => {
    socket.once('data', () => socket.resetAndDestroy())
  })
  reset.connection.send('x')
  assert.equal(await reset.connection.ended, 'ECONNRESET')
  await assert.rejects(reset.connection.take(1), /ended \(ECONNRESET\) before 1 bytes, after ""/)
  const left = await connected(t, () => {})
  assert.equal(left.connection.end, undefined)
  left.connection.leave()
  assert.equal(await left.connection.ended, 'closed here')
})

test('after our FIN the other side can still be heard, and what it says is kept', async (t) => {
  const { connection } = await connected(t, (socket) => {
    socket.resume().once('end', () => socket.end('late\r\nrest'))
  })
  connection.finish()
  assert.equal(await connection.line(), 'late')
  await until('the rest', () => connection.waiting === 4)
  assert.equal((await connection.closed).toString(), 'rest')
})

test('bytes are sent as they are written down', async (t) => {
  const { connection } = await connected(t, (socket) => socket.pipe(socket))
  connection.send('\x00\xff')
  assert.deepEqual(await connection.take(2), Buffer.from([0, 255]))
  assert.equal(
    sizedRequest('POST /', '\xff', { headers: ['X: y'] }),
    'POST / HTTP/1.1\r\nHost: origin.test\r\nX: y\r\nContent-Length: 1\r\n\r\n\xff',
  )
  assert.equal(rawRequest('GET /', { host: 'a' }), 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
})

test('exchangeBytes gives all that came back', async (t) => {
  const { url } = await connected(t, (socket) => socket.once('data', (bytes) => socket.end(bytes)))
  assert.equal((await exchangeBytes(url, 'ping')).toString(), 'ping')
})
