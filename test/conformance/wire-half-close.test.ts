import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { jsonOf } from '../support/ask.ts'
import { alphabetBytes } from '../support/payloads.ts'
import { headerOf, rawRequest } from '../support/raw.ts'
import { allFreed, readActivity } from '../support/shared-origin.ts'
import { until, within } from '../support/wait.ts'
import { howItEnds, oldRequest, useWire } from './wire-client.ts'

const { origin, open } = useWire()

suite('a client that has ended its side', { concurrency: 4 }, () => {
  for (const [path, bytes] of [
    ['/bin/5000000', 5_000_000],
    ['/bin/100?chunked=true', 100],
    ['/chunked/3?size=10&delay=20', 30],
    ['/drip?bytes=4&duration=100', 4],
  ] as const) {
    test(`gets the whole of ${path}, then our FIN`, async () => {
      const connection = await open()
      const ended = howItEnds(connection)
      connection.send(rawRequest(`GET ${path}`))
      connection.socket.end()
      const answer = await connection.answer()
      assert.ok(answer.body.equals(alphabetBytes(0, bytes)) || path.startsWith('/chunked'))
      assert.equal(answer.body.length, bytes)
      assert.equal(await ended, 'FIN')
    })
  }

  test('gets a late answer', async () => {
    const connection = await open()
    connection.send(rawRequest('POST /delay/300', { headers: ['Content-Length: 2'], body: 'hi' }))
    connection.socket.end()
    assert.equal(jsonOf(await connection.answer())['body'], 'hi')
    await within('our FIN', connection.closed)
    connection.leave()
  })

  test('gets all answers to what it has pipelined', async () => {
    const connection = await open()
    const ended = howItEnds(connection)
    const paths = ['/delay/50', '/a', '/bin/64K', '/b']
    connection.send(paths.map((path) => rawRequest(`GET ${path}`)).join(''))
    connection.socket.end()
    for (const path of paths) {
      const answer = await connection.answer()
      assert.equal(answer.status, 200)
      if (path !== '/bin/64K') assert.equal(jsonOf(answer)['path'], path)
    }
    assert.equal(await ended, 'FIN')
  })

  test('gets the answer of HTTP/1.0', async () => {
    const connection = await open()
    connection.send(oldRequest('GET /delay/50'))
    connection.socket.end()
    assert.equal((await connection.answer()).status, 200)
    connection.leave()
  })

  test('that was idle gets our FIN', async () => {
    const connection = await open()
    connection.send(rawRequest('GET /'))
    await connection.answer()
    const ended = howItEnds(connection)
    connection.socket.end()
    assert.equal(await ended, 'FIN')
  })

  test('that has sent nothing gets our FIN', async () => {
    const connection = await open()
    const ended = howItEnds(connection)
    connection.socket.end()
    assert.equal(await ended, 'FIN')
    assert.equal(connection.waiting, 0)
  })

  test('in the middle of a head gets an error', async () => {
    const connection = await open()
    connection.send('GET / HTTP/1.1\r\nHos')
    connection.socket.end()
    const answer = await connection.answer()
    assert.deepEqual([answer.status, headerOf(answer, 'connection')], [400, 'close'])
    connection.leave()
  })

  for (const headers of [['Content-Length: 100'], ['Transfer-Encoding: chunked']]) {
    test(`in the middle of a body (${headers[0]}) has left`, async () => {
      const connection = await open()
      connection.send(rawRequest('POST /upload', { headers, body: '5\r\nhel' }))
      connection.socket.end()
      assert.equal((await within('the end', connection.closed)).length, 0)
      connection.leave()
    })
  }
})

suite('a client that leaves', { concurrency: 1 }, () => {
  for (const [what, request] of [
    ['an endless stream', rawRequest('GET /sse?count=0&interval=10')],
    ['a download', rawRequest('GET /bin/10G')],
    ['a chunked download', rawRequest('GET /bin/10G?chunked=true&seed=4')],
    ['a download of 1.0', oldRequest('GET /bin/10G')],
    ['a wait', rawRequest('GET /delay/1h')],
    ['pipelined waits', rawRequest('GET /delay/1h').repeat(20)],
    ['pipelined streams', rawRequest('GET /sse?count=0&interval=10').repeat(20)],
    ['pipelined downloads', rawRequest('GET /bin/10G').repeat(20)],
    ['waiting hints', rawRequest('GET /early-hints?delay=1h')],
    ['pipelined hints', rawRequest('GET /delay/1h') + rawRequest('GET /early-hints?count=9')],
    ['a digest', rawRequest('GET /bin/5G?digest=true&chunked=true')],
    ['an upload', rawRequest('PUT /upload', { headers: ['Content-Length: 10000'], body: 'abc' })],
    [
      'a slow read',
      rawRequest('PUT /delay/0/1h', {
        headers: ['Content-Length: 200000'],
        body: 'x'.repeat(150_000),
      }),
    ],
    [
      'a withheld 100',
      rawRequest('PUT /continue?mode=withhold&patience=1h', {
        headers: ['Expect: 100-continue', 'Content-Length: 9'],
      }),
    ],
    [
      'a delayed 100',
      rawRequest('PUT /continue?mode=delay&delay=1h', {
        headers: ['Expect: 100-continue', 'Content-Length: 9'],
      }),
    ],
  ] as const) {
    test(`${what} by reset is freed`, async () => {
      const connection = await open()
      connection.send(request)
      await until('the request is under way', () => readActivity(origin()), {
        holds: ({ requests, connections }) => requests > 0 && connections === 1,
      })
      connection.socket.resetAndDestroy()
      await allFreed(origin())
    })
  }

  for (const path of ['/sse?count=0&interval=10', '/bin/10G', '/drip?bytes=10000&duration=1h']) {
    test(`${path} by closing is freed as soon as we write to it`, async () => {
      const connection = await open()
      connection.send(rawRequest(`GET ${path}`))
      await connection.head()
      connection.leave()
      await allFreed(origin())
    })
  }
})
