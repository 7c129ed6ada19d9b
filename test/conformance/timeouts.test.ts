import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { ask } from '../support/ask.ts'
import { RawConnection, rawRequest } from '../support/raw.ts'
import { allFreed, useOrigin } from '../support/shared-origin.ts'
import { pause, within } from '../support/wait.ts'
import { openWs } from './ws-client.ts'

const origin = useOrigin()

// Compiled into the engine: 10 s, looked at every 4 s. Ends are at 8 to 12 s, waits in here at 12.5 s.
const soonestMs = 7000
const latestMs = 20_000
const longerMs = 12_500

/** Milliseconds until the origin ends a connection on which `bytes` were sent and nothing is read. */
async function endAfter(connection: RawConnection): Promise<number> {
  const startedAt = performance.now()
  await within('the end of the connection', connection.closed, { ms: latestMs })
  connection.leave()
  return performance.now() - startedAt
}

suite('ten seconds of silence', { concurrency: 32 }, () => {
  for (const [what, bytes] of [
    ['a new connection', ''],
    ['half a request line', 'GET /hea'],
    ['half a header', 'GET / HTTP/1.1\r\nHost: x\r\nX-Ha'],
    ['half a body', rawRequest('POST /', { headers: ['Content-Length: 10'], body: 'half' })],
    [
      'half an upload',
      rawRequest('POST /upload', { headers: ['Content-Length: 10'], body: 'half' }),
    ],
    [
      'half a chunk',
      rawRequest('POST /', { headers: ['Transfer-Encoding: chunked'], body: '5\r\nab' }),
    ],
    // The engine waits for more after these instead of refusing or answering them (20.51).
    ['an empty line before the request', `\r\n${rawRequest('GET /')}`],
    ['CR inside a header', rawRequest('GET /', { headers: ['X-A: a\rb'] })],
    ['CR inside the target', rawRequest('GET /a\rb')],
    [
      'a chunk extension',
      rawRequest('POST /', {
        headers: ['Transfer-Encoding: chunked'],
        body: '3;a=b\r\nabc\r\n0\r\n\r\n',
      }),
    ],
  ] as const) {
    test(`after ${what} ends the connection without an answer`, async () => {
      const connection = await RawConnection.open(origin().url)
      if (bytes !== '') connection.send(bytes)
      const ms = await endAfter(connection)
      assert.ok(ms >= soonestMs, `after ${ms} ms`)
      assert.equal((await connection.closed).length, 0)
    })
  }

  test('after an answer ends the connection', async () => {
    const connection = await RawConnection.open(origin().url)
    connection.send(rawRequest('GET /health'))
    await connection.answer()
    const ms = await endAfter(connection)
    assert.ok(ms >= soonestMs, `after ${ms} ms`)
  })

  test('of a client that does not read ends its download', async () => {
    const connection = await RawConnection.open(origin().url)
    connection.send(rawRequest('GET /bin/1G'))
    await connection.head()
    connection.socket.pause()
    // The idleness is what is tested.
    await pause(longerMs + 2000)
    // What the kernels hold comes, then the end: far less than what was asked for.
    let bytes = connection.waiting
    connection.socket.removeAllListeners('data').on('data', (piece) => (bytes += piece.length))
    connection.socket.resume()
    await within('the end of the download', connection.closed)
    assert.ok(bytes < 2 ** 29, `${bytes} bytes came`)
    connection.leave()
  })

  for (const path of [
    `/delay/${longerMs}`,
    `/drip?bytes=2&duration=${longerMs}`,
    `/drip?bytes=1&duration=0&delay=${longerMs}`,
    `/chunked/2?delay=${longerMs}`,
    `/sse?count=2&interval=${longerMs}`,
  ]) {
    test(`of ours do not end ${path}`, async () => {
      assert.equal((await ask(origin().url, path)).status, 200)
    })
  }

  test('of ours while we read slowly do not end an upload', async () => {
    const body = Buffer.alloc(70_000)
    const answer = await ask(origin().url, `/delay/0/${longerMs}`, { method: 'POST', body })
    assert.equal(answer.status, 200)
  })

  test('do not end a WebSocket', async () => {
    const { socket, next } = await openWs(`${origin().url}/ws`)
    // The idleness is what is tested.
    await pause(longerMs)
    socket.send('still there?')
    assert.equal((await next()).bytes.toString(), 'still there?')
    socket.terminate()
  })
})

test('nothing is held after all that', () => allFreed(origin()))
