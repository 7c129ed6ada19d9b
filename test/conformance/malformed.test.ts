import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { ask, jsonOf } from '../support/ask.ts'
import { type RawParts, RawConnection, exchangeBytes, rawRequest } from '../support/raw.ts'
import { allFreed, useOrigin } from '../support/shared-origin.ts'

const origin = useOrigin()

/** The status of the engine's own refusal, after which the connection has ended. */
async function refusal(bytes: string): Promise<number> {
  const answer = (await exchangeBytes(origin().url, bytes)).toString('latin1')
  const match = /^HTTP\/1\.1 (\d{3}) [^\r]*\r\nConnection: close\r\n\r\n<h1>/.exec(answer)
  assert.ok(match !== null, `not a refusal: ${JSON.stringify(answer.slice(0, 300))}`)
  assert.equal(answer.split('HTTP/1.1 ').length, 2, 'one answer only')
  return Number(match[1])
}

async function echoOf(line: string, parts: RawParts): Promise<Readonly<Record<string, unknown>>> {
  const connection = await RawConnection.open(origin().url)
  connection.send(rawRequest(line, parts))
  const answer = await connection.answer()
  connection.leave()
  assert.equal(answer.status, 200)
  return jsonOf(answer)
}

const head = (line: string, ...headers: string[]): string =>
  `${line}\r\n${['Host: x', ...headers].join('\r\n')}\r\n\r\n`

const post = (...headers: string[]): string => head('POST / HTTP/1.1', ...headers)

// The engine refuses these before the origin hears of them, with a page of its own and without
// Content-Length: neither can be changed from outside it (20.51).
suite('requests that are refused and end the connection', { concurrency: 4 }, () => {
  for (const [what, status, bytes] of [
    ['HTTP/1.0, which the engine does not speak', 505, head('GET /health HTTP/1.0')],
    ['HTTP/2.0', 505, head('GET /health HTTP/2.0')],
    ['HTTP/1.2', 505, head('GET /health HTTP/1.2')],
    ['no version', 505, 'GET /health\r\n\r\n'],
    ['a garbage version', 505, head('GET /health HTTQ/1.1')],
    ['the preface of HTTP/2', 505, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a TLS hello', 505, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['a PROXY protocol header', 505, `PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n${head('GET / HTTP/1.1')}`],
    ['the absolute form of a target', 505, head('GET http://x/health HTTP/1.1')],
    ['OPTIONS *', 505, head('OPTIONS * HTTP/1.1')],
    ['CONNECT', 505, head('CONNECT x:443 HTTP/1.1')],
    ['a target without a slash', 505, head('GET health HTTP/1.1')],
    ['a space in the target', 505, head('GET /a b HTTP/1.1')],
    ['a tab in the target', 505, head('GET /a\tb HTTP/1.1')],
    ['NUL in the target', 505, head('GET /a\0b HTTP/1.1')],
    ['two spaces', 505, head('GET  / HTTP/1.1')],
    ['lines that end in LF alone', 505, 'GET / HTTP/1.1\nHost: x\n\n'],
    ['no Host', 400, 'GET /health HTTP/1.1\r\n\r\n'],
    ['two Hosts', 400, head('GET /health HTTP/1.1', 'Host: y')],
    [
      'Content-Length with Transfer-Encoding',
      400,
      post('Content-Length: 3', 'Transfer-Encoding: chunked'),
    ],
    [
      'Transfer-Encoding with Content-Length',
      400,
      post('Transfer-Encoding: chunked', 'Content-Length: 3'),
    ],
    ['a negative Content-Length', 400, post('Content-Length: -1')],
    ['a Content-Length past 64 bits', 400, post('Content-Length: 99999999999999999999999')],
    ['a Content-Length with a sign', 400, post('Content-Length: +3')],
    ['a hexadecimal Content-Length', 400, post('Content-Length: 0x3')],
    ['a list as Content-Length', 400, post('Content-Length: 3, 3')],
    ['a space before the colon', 400, head('GET / HTTP/1.1', 'X-A : b')],
    ['a folded header', 400, head('GET / HTTP/1.1', 'X-A: b', ' c')],
    ['a header without a colon', 400, head('GET / HTTP/1.1', 'X-A')],
    ['LF inside a header', 400, head('GET / HTTP/1.1', 'X-A: a\nX-B: b')],
    ['NUL inside a header', 400, head('GET / HTTP/1.1', 'X-A: a\0b')],
    [
      'a chunk size that is no number',
      400,
      `${post('Transfer-Encoding: chunked')}zz\r\nab\r\n0\r\n\r\n`,
    ],
    ['a negative chunk size', 400, `${post('Transfer-Encoding: chunked')}-3\r\nab\r\n0\r\n\r\n`],
    [
      'a chunk size past 64 bits',
      400,
      `${post('Transfer-Encoding: chunked')}${'f'.repeat(17)}\r\n`,
    ],
    ['200 header lines', 431, head('GET / HTTP/1.1', ...Array(200).fill('X-Y: z'))],
    ['a header of 70 KB', 431, head('GET / HTTP/1.1', `X-A: ${'a'.repeat(70_000)}`)],
    ['a target of 70 KB', 431, head(`GET /${'a'.repeat(70_000)} HTTP/1.1`)],
    // RFC 9112 7.1.2 allows trailers; the engine takes them for the next request, and what it had
    // answered in the same turn is lost.
    [
      'a chunked body with a trailer',
      505,
      `${post('Transfer-Encoding: chunked')}1\r\na\r\n0\r\nX-T: y\r\n\r\n`,
    ],
  ] as const) {
    test(`${what}: ${status}`, async () => {
      assert.equal(await refusal(bytes), status)
    })
  }
})

suite('unusual requests that are answered', { concurrency: 4 }, () => {
  for (const method of [
    'get',
    'BREW',
    'G{T',
    `M${'M'.repeat(5000)}`,
    '"quote\\',
    "!#$%&'*+-.^_`|~9",
  ]) {
    test(`the method ${method.slice(0, 20)} is echoed as it came`, async () => {
      assert.equal((await echoOf(`${method} /x`, {}))['method'], method)
    })
  }

  test('lower-case head is not HEAD: its answer has a body', async () => {
    assert.equal((await echoOf('head /x', {}))['method'], 'head')
  })

  test('97 header lines and Host are as many as the engine takes', async () => {
    const headers = Array.from({ length: 97 }, (_, index) => `X-${index}: ${index}`)
    assert.equal(Object.keys((await echoOf('GET /', { headers }))['headers'] as object).length, 98)
  })

  test('a header of 60 KB is echoed', async () => {
    const value = 'v'.repeat(60_000)
    const json = await echoOf('GET /', { headers: [`X-Long: ${value}`] })
    assert.equal((json['headers'] as Record<string, unknown>)['x-long'], value)
  })

  test('a target of 60 KB is echoed', async () => {
    const [path, query] = [`/${'p'.repeat(30_000)}`, 'q'.repeat(30_000)]
    const json = await echoOf(`GET ${path}?${query}`, {})
    assert.deepEqual([json['path'], json['query']], [path, query])
  })

  test('a value without spaces around it, or with many, or none, is the value', async () => {
    const { headers } = await echoOf('GET /', { headers: ['X-A:b', 'X-B:   c  d  ', 'X-C:'] })
    assert.deepEqual(headers, { host: 'origin.test', 'x-a': 'b', 'x-b': 'c  d', 'x-c': '' })
  })

  test('upper-case and zero-padded chunk sizes are sizes', async () => {
    const headers = ['Transfer-Encoding: chunked']
    const body = '000A\r\n0123456789\r\n01\r\nx\r\n000\r\n\r\n'
    assert.equal((await echoOf('POST /', { headers, body }))['body'], '0123456789x')
  })
})

suite('parameters of every kind', { concurrency: 4 }, () => {
  const huge = '9'.repeat(60_000)
  for (const path of [
    `/bin/${huge}`,
    `/bin/1?seed=${huge}`,
    `/chunked/${huge}`,
    `/chunked/1?size=${'1'.repeat(30_000)}&delay=${'2'.repeat(30_000)}`,
    `/delay/${huge}`,
    `/delay/1/${huge}`,
    `/drip?bytes=${huge}`,
    `/sse?count=${huge}`,
    `/status/${huge}`,
    `/status/${'200:1,'.repeat(9000)}x`,
    `/nousage/${huge}`,
    `/upload?seed=${huge}`,
    `/health?verbose=${huge}`,
    `/ws/close/${huge}`,
    '/bin/%',
    '/bin/%f',
    '/bin/%zz',
    '/bin/%ff%fe',
    '/bin/1\xff',
    '/bin/%00',
    '/bin/1%0d%0aX-Injected:%20yes',
    '/bin/1?chunked=%',
    '/bin/1?chunked=\xfe\xff',
    '/bin/1?chunked=',
    '/bin/1?chunked',
    '/bin/1?seed=%C3',
    '/sse?count=%E2%82',
    '/status/%F0%9F%90%A2',
    '/delay/%31%30%',
  ]) {
    test(`GET ${path.slice(0, 40)} is 400 and says what was wrong`, async () => {
      const connection = await RawConnection.open(origin().url)
      connection.send(rawRequest(`GET ${path}`))
      const answer = await connection.answer()
      assert.equal(answer.status, 400)
      assert.equal(jsonOf(answer)['code'], 'INVALID_REQUEST')
      assert.ok(answer.body.length < 1000, `an answer of ${answer.body.length} bytes`)
      connection.send(rawRequest('GET /health'))
      assert.equal((await connection.answer()).status, 200)
      connection.leave()
    })
  }

  test('percent-encoded values are decoded, + is a space', async () => {
    assert.equal((await ask(origin().url, '/bin/%31%30?chunked=%74rue')).body.length, 10)
    assert.equal((await ask(origin().url, '/bin/1+0')).status, 400)
  })

  test('the echo shows every path and query undecoded', async () => {
    const [path, query] = ['/%0d%0a%00%ff%zz/../..//%2e%2e', 'a=%0d%0aX:%20y&&=&%']
    const json = await echoOf(`GET ${path}?${query}`, {})
    assert.deepEqual([json['path'], json['query']], [path, query])
  })

  test('bytes that are not UTF-8 in path and query are answered in JSON that is', async () => {
    const json = await echoOf('GET /caf\xe9/\xff\xfe?\x80=\xc3\x28', {})
    assert.ok(String(json['path']).startsWith('/caf'))
    assert.ok(String(json['query']).includes('='))
  })

  test('nothing of this is left open', () => allFreed(origin()))
})
