import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { jsonOf } from '../support/ask.ts'
import { alphabetBytes } from '../support/payloads.ts'
import { headerOf, rawRequest } from '../support/raw.ts'
import { allFreed } from '../support/shared-origin.ts'
import { howItEnds, oldRequest, useWire } from './wire-client.ts'

const { origin, open } = useWire()

suite('HTTP/1.0', { concurrency: 4 }, () => {
  test('ends the connection after the answer', async () => {
    const connection = await open()
    connection.send(oldRequest('GET /bin/1000'))
    const answer = await connection.answer()
    assert.equal(answer.status, 200)
    assert.equal(headerOf(answer, 'connection'), 'close')
    assert.equal(headerOf(answer, 'content-length'), '1000')
    assert.ok(answer.body.equals(alphabetBytes(0, 1000)))
    assert.equal(await howItEnds(connection), 'FIN')
  })

  test('keeps it with Connection: keep-alive, and says so', async () => {
    const connection = await open()
    for (const size of [1, 100_000, 0]) {
      connection.send(oldRequest(`GET /bin/${size}`, ['Connection: keep-alive']))
      const answer = await connection.answer()
      assert.equal(headerOf(answer, 'connection'), 'keep-alive')
      assert.equal(answer.body.length, size)
    }
    connection.send(oldRequest('GET /health'))
    await connection.answer()
    assert.equal(await howItEnds(connection), 'FIN')
  })

  for (const [path, bytes] of [
    ['/bin/300000?chunked=true', 300_000],
    ['/chunked/5?size=10', 50],
    ['/bin/36?digest=true&chunked=true', 36],
    ['/trailers?X-A=1', 31],
  ] as const) {
    for (const headers of [[], ['Connection: keep-alive']]) {
      const way = headers.length === 0 ? 'plain' : 'keep-alive'
      test(`${path} is without chunks and trailers, ${way}`, async () => {
        const connection = await open()
        connection.send(oldRequest(`GET ${path}`, headers))
        const answer = await connection.answer()
        assert.equal(answer.status, 200)
        assert.equal(headerOf(answer, 'transfer-encoding'), undefined)
        assert.equal(headerOf(answer, 'trailer'), undefined)
        assert.equal(answer.body.length, bytes)
        // Known beforehand, or told by the end of the connection.
        const isKept = headerOf(answer, 'content-length') !== undefined && headers.length > 0
        assert.equal(headerOf(answer, 'connection'), isKept ? 'keep-alive' : 'close')
        connection.leave()
      })
    }
  }

  for (const path of ['/early-hints?count=3', '/status/102', '/continue', '/status/199']) {
    test(`${path} has no interim answers, whatever is expected`, async () => {
      const connection = await open()
      const headers = ['Expect: 100-continue', 'Content-Length: 2']
      connection.send(oldRequest(`POST ${path}`, headers, 'ab'))
      assert.equal((await connection.answer()).status, 200)
      assert.equal((await connection.closed).length, 0)
      connection.leave()
    })
  }

  test('a body with Content-Length is read, and the echo says 1.0', async () => {
    const connection = await open()
    connection.send(oldRequest('POST /x', ['Content-Length: 5'], 'hello'))
    const json = jsonOf(await connection.answer())
    assert.deepEqual([json['body'], json['http_version']], ['hello', '1.0'])
    connection.leave()
  })

  test('HEAD has no body, and the connection goes on', async () => {
    const connection = await open()
    connection.send(oldRequest('HEAD /bin/500', ['Connection: keep-alive']))
    const head = await connection.answer({ isHead: true })
    assert.equal(headerOf(head, 'content-length'), '500')
    connection.send(oldRequest('GET /health'))
    assert.equal((await connection.answer()).body.toString(), '{"status":"ok"}')
    connection.leave()
  })
})

suite('targets', { concurrency: 4 }, () => {
  for (const [line, path, query] of [
    ['GET http://elsewhere.test/a/b?c=d', '/a/b', 'c=d'],
    ['GET HTTPS://elsewhere.test:99/x', '/x', ''],
    ['GET http://elsewhere.test', '/', ''],
    ['GET http://elsewhere.test?q=1', '/', 'q=1'],
    ['OPTIONS *', '*', ''],
    ['GET /a//b/../%2e', '/a//b/../%2e', ''],
  ] as const) {
    test(`${line} is ${path}`, async () => {
      const connection = await open()
      connection.send(rawRequest(line))
      const answer = await connection.answer()
      assert.equal(answer.status, 200)
      const json = jsonOf(answer)
      assert.deepEqual([json['path'], json['query']], [path, query])
      connection.leave()
    })
  }

  test('the absolute form finds endpoints', async () => {
    const connection = await open()
    connection.send(rawRequest('GET http://elsewhere.test/bin/7'))
    assert.equal((await connection.answer()).body.toString(), 'ABCDEFG')
    connection.leave()
  })
})

suite('headers', { concurrency: 4 }, () => {
  test('the echo has names as they came: case, order, repeats, spaces gone', async () => {
    const connection = await open()
    const lines = ['x-LOWER-Upper: 1', 'Accept:*/*', 'X-Twice: a ', 'ACCEPT: b', 'x-twice:  c d']
    connection.send(rawRequest('GET /', { host: 'Origin.Test:80', headers: lines }))
    const json = jsonOf(await connection.answer())
    assert.deepEqual(json['raw_headers'], [
      ['Host', 'Origin.Test:80'],
      ['x-LOWER-Upper', '1'],
      ['Accept', '*/*'],
      ['X-Twice', 'a'],
      ['ACCEPT', 'b'],
      ['x-twice', 'c d'],
    ])
    assert.deepEqual(json['headers'], {
      host: 'Origin.Test:80',
      'x-lower-upper': '1',
      accept: ['*/*', 'b'],
      'x-twice': ['a', 'c d'],
    })
    connection.leave()
  })

  test('1000 of them arrive', async () => {
    const connection = await open()
    const headers = Array.from({ length: 1000 }, (_, index) => `X-${index}: ${index}`)
    connection.send(rawRequest('GET /', { headers }))
    const json = jsonOf(await connection.answer())
    assert.equal((json['raw_headers'] as unknown[]).length, 1001)
    connection.leave()
  })

  test('bytes past ASCII in a value are kept', async () => {
    const connection = await open()
    connection.send(rawRequest('GET /', { headers: ['X-A: caf\xe9'] }))
    const { headers } = jsonOf(await connection.answer())
    assert.equal((headers as Record<string, unknown>)['x-a'], 'caf\xe9')
    connection.leave()
  })

  for (const method of ['BREW', 'get', 'OPTIONS', 'TRACE', 'DELETE', 'PROPFIND']) {
    const isKnown = method !== 'BREW' && method !== 'get'
    test(`${method} is ${isKnown ? 'echoed' : 'refused: the parser knows a list'}`, async () => {
      const connection = await open()
      connection.send(rawRequest(`${method} /x`))
      const answer = await connection.answer()
      assert.equal(answer.status, isKnown ? 200 : 501)
      const { method: echoed, code } = jsonOf(answer)
      assert.deepEqual(
        [echoed, code],
        isKnown ? [method, undefined] : [undefined, 'UNSUPPORTED_ON_LISTENER'],
      )
      connection.leave()
    })
  }
})

suite('upgrades that are not ours', { concurrency: 4 }, () => {
  for (const protocol of ['h2c', 'TLS/1.3', 'foo/2, bar', 'websocket2']) {
    test(`${protocol} is passed over, the body is read and the connection goes on`, async () => {
      const connection = await open()
      const headers = [
        'Connection: Upgrade, HTTP2-Settings',
        `Upgrade: ${protocol}`,
        'HTTP2-Settings: AAMAAABkAAQAAP__',
        'Content-Length: 5',
      ]
      connection.send(rawRequest('POST /x', { headers, body: 'hello' }))
      const first = await connection.answer()
      assert.deepEqual([first.status, jsonOf(first)['body']], [200, 'hello'])
      assert.equal(headerOf(first, 'upgrade'), undefined)
      // Not in one piece with the first: Node's parser drops what is behind an Upgrade there (22.23).
      connection.send(rawRequest('GET /next'))
      assert.equal(jsonOf(await connection.answer())['path'], '/next')
      connection.leave()
    })
  }
})

test('nothing is held when all clients have left', () => allFreed(origin()))
