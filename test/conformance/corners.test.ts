// What clients of other makes send, and what a proxy tester sends on purpose: framing, lists, expectations, hosts.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { jsonOf } from '../support/ask.ts'
import { type RawAnswer, RawConnection, headerOf } from '../support/raw.ts'
import { allFreed, useOrigin } from '../support/shared-origin.ts'
import { within } from '../support/wait.ts'

const origin = useOrigin()

const urls = {
  fast: (): string => origin().url,
  wire: (): string => `http://127.0.0.1:${origin().ports.wire}`,
} as const
const listeners = ['fast', 'wire'] as const

async function send(url: string, lines: readonly string[], body = ''): Promise<RawConnection> {
  const connection = await RawConnection.open(url)
  connection.send(Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`))
  return connection
}

async function answerTo(url: string, lines: readonly string[], body = ''): Promise<RawAnswer> {
  const connection = await send(url, lines, body)
  const answer = await connection.answer()
  connection.socket.destroy()
  return answer
}

const requests = [
  'POST /',
  'POST /bin/1',
  'POST /upload',
  'GET /',
  'GET /bin/1',
  'GET /status/201',
  'HEAD /bin/1',
]

/** Whether the fast listener reads the headers of no such request. */
function isReadByNobody(request: string): boolean {
  return /^(?:GET|HEAD) \/./.test(request)
}

const smuggled = 'GET /status/299 HTTP/1.1\r\nHost: origin\r\n\r\n'

suite('bodies whose end is uncertain', { concurrency: 4 }, () => {
  // Those the fast engine refuses itself it refuses without a word of ours, but it refuses them.
  const cases = [
    [['Transfer-Encoding: chunked, gzip'], '5\r\nhello\r\n0\r\n\r\n'],
    [['Transfer-Encoding: gzip'], ''],
    [['Transfer-Encoding: xchunked'], ''],
    [['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], '0\r\n\r\n'],
    [['Transfer-Encoding: chunked', 'Content-Length: 5'], '0\r\n\r\n'],
    [['Content-Length: '], ''],
    [['Transfer-Encoding: '], ''],
    [['Content-Length: +5'], 'hello'],
    [['Content-Length: 5', 'Content-Length: 0'], 'hello'],
    [['Transfer-Encoding : chunked'], '0\r\n\r\n'],
  ] as const
  for (const listener of listeners) {
    for (const [headers, body] of cases) {
      for (const request of requests) {
        const name = headers.join(' and ')
        // The engine gives the value of a header that is not there, and no list of headers for so little.
        if (listener === 'fast' && name.endsWith(': ') && isReadByNobody(request)) continue
        test(`${request} with ${name} is refused on ${listener}, and ends the connection`, async () => {
          const lines = [`${request} HTTP/1.1`, 'Host: origin', ...headers]
          const connection = await send(urls[listener](), lines, body + smuggled)
          const bytes = await within('the end of the connection', connection.closed)
          const answers = bytes.toString('latin1').match(/HTTP\/1\.1 \d+/g) ?? []
          assert.ok(answers.length <= 1, `nothing behind it is answered: ${String(answers)}`)
          for (const answer of answers) assert.match(answer, / (?:400|501)$/)
          connection.socket.destroy()
        })
      }
    }
    test(`the refusal of a HEAD has no body on ${listener}`, async () => {
      const lines = ['HEAD /bin/1 HTTP/1.1', 'Host: origin', 'Transfer-Encoding: gzip']
      const connection = await send(urls[listener](), lines)
      const bytes = await within('the end of the connection', connection.closed)
      assert.match(bytes.toString('latin1'), /^HTTP\/1\.1 400 [^]*\r\n\r\n$/)
      connection.socket.destroy()
    })

    test(`what is refused on ${listener} is told why`, async () => {
      const lines = ['POST / HTTP/1.1', 'Host: origin', 'Transfer-Encoding: chunked, gzip']
      const answer = await answerTo(urls[listener](), lines, '0\r\n\r\n')
      const { code, error } = jsonOf(answer)
      assert.deepEqual([answer.status, code], [400, 'INVALID_REQUEST'])
      assert.match(String(error), /Transfer-Encoding/)
      assert.equal(headerOf(answer, 'connection'), 'close')
    })
  }
})

for (const header of ['Content-Length: ', 'Transfer-Encoding: ']) {
  test(`a GET whose headers nobody reads has no body by an empty "${header}" on fast`, async () => {
    const connection = await send(urls.fast(), ['GET /bin/2 HTTP/1.1', 'Host: origin', header])
    assert.equal((await connection.answer()).body.toString(), 'AB')
    connection.send(smuggled)
    assert.equal((await connection.answer()).status, 299)
    connection.socket.destroy()
  })
}

test('a GET of a target that was answered before is not checked for its framing on fast', async () => {
  const request = ['GET /bin/4 HTTP/1.1', 'Host: origin']
  const framing = 'Transfer-Encoding: chunked, gzip'
  assert.equal((await answerTo(urls.fast(), [...request, framing], '0\r\n\r\n')).status, 400)
  assert.equal((await answerTo(urls.fast(), request)).status, 200)
  assert.equal((await answerTo(urls.fast(), [...request, framing], '0\r\n\r\n')).status, 200)
})

suite('Expect', { concurrency: 4 }, () => {
  for (const listener of listeners) {
    for (const spelling of ['100-continue', '100-Continue', '100-CONTINUE']) {
      test(`${spelling} is 100, then the answer, on ${listener}`, async () => {
        const lines = ['POST / HTTP/1.1', 'Host: a', `Expect: ${spelling}`, 'Content-Length: 5']
        const connection = await send(urls[listener](), lines)
        const interim = 'HTTP/1.1 100 Continue\r\n\r\n'
        assert.equal((await connection.take(interim.length)).toString(), interim)
        connection.send('hello')
        const answer = await connection.answer()
        assert.deepEqual([answer.status, jsonOf(answer)['body']], [200, 'hello'])
        connection.send('GET /bin/3 HTTP/1.1\r\nHost: a\r\n\r\n')
        assert.equal((await connection.answer()).body.toString(), 'ABC')
        connection.socket.destroy()
      })
    }
    test(`anything else is 417 on ${listener}`, async () => {
      const lines = ['POST / HTTP/1.1', 'Host: a', 'Expect: tea', 'Content-Length: 5']
      assert.equal((await answerTo(urls[listener](), lines)).status, 417)
    })
  }

  test('an expectation beside 100-continue is 417 on fast', async () => {
    const lines = ['POST / HTTP/1.1', 'Host: a', 'Expect: tea', 'Expect: 100-continue']
    const answer = await answerTo(urls.fast(), [...lines, 'Content-Length: 5'], 'hello')
    assert.equal(answer.status, 417)
  })
})

suite('lists in headers', { concurrency: 4 }, () => {
  const handshake = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
  const cases = [
    [['Connection: Upgrade', 'Upgrade: h2c, websocket'], ''],
    [['Connection: Upgrade', 'Upgrade: h2c', 'Upgrade: WebSocket'], ''],
    [['Connection: keep-alive', 'Connection: Upgrade', 'Upgrade: websocket'], ''],
    [['Connection: keep-alive, ,upgrade', 'Upgrade: websocket'], ''],
    [['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Protocol: ,a'], 'a'],
    [['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Protocol: b, a'], 'b'],
  ] as const
  for (const listener of listeners) {
    for (const [headers, protocol] of cases) {
      test(`a handshake with ${headers.join('; ')} is 101 on ${listener}`, async () => {
        const lines = ['GET /ws HTTP/1.1', 'Host: a', ...handshake, ...headers]
        const answer = await answerTo(urls[listener](), lines)
        assert.deepEqual(
          [answer.status, headerOf(answer, 'sec-websocket-protocol') ?? ''],
          [101, protocol],
        )
      })
    }
  }
})

suite('a body that breaks off', { concurrency: 4 }, () => {
  const offers = [[], ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AA']]
  const bodies = [
    ['Content-Length: 10', 'hello'],
    ['Transfer-Encoding: chunked', '5\r\nhel'],
  ] as const
  for (const listener of listeners) {
    for (const offer of offers) {
      for (const [framing, body] of bodies) {
        const what = offer.length === 0 ? '' : ' that offers h2c'
        test(`a POST with ${framing}${what} frees its connection on ${listener}`, async () => {
          const lines = ['POST / HTTP/1.1', 'Host: a', ...offer, framing]
          const connection = await send(urls[listener](), lines, body)
          connection.socket.end()
          await within('our end', connection.closed)
          connection.socket.destroy()
        })
      }
    }
  }
})

test('nothing of all that is left', async () => {
  await allFreed(origin())
})

suite('hosts and texts', { concurrency: 4 }, () => {
  for (const host of ['a b', 'a/b', 'ä@b', '[::1', 'a:80:80']) {
    test(`Host: ${host} is 400 on wire`, async () => {
      const { status } = await answerTo(urls.wire(), ['GET /bin/1 HTTP/1.1', `Host: ${host}`])
      assert.equal(status, 400)
    })
  }
  for (const host of ['', 'a', 'a:80', '127.0.0.1:8080', '[::1]:80', 'a_b.example', 'a.b:']) {
    test(`Host: ${host} is taken on wire`, async () => {
      const { status } = await answerTo(urls.wire(), ['GET /bin/1 HTTP/1.1', `Host: ${host}`])
      assert.equal(status, 200)
    })
  }

  test('an authority that is not a host is 400 on wire', async () => {
    const lines = ['GET http://a:80:80/ HTTP/1.1', 'Host: origin']
    assert.equal((await answerTo(urls.wire(), lines)).status, 400)
  })

  test('the authority of a target in absolute form is the host on wire, and Host is shown as well', async () => {
    const lines = ['GET http://other.example:99/abs?x=1 HTTP/1.1', 'Host: origin']
    const echo = jsonOf(await answerTo(urls.wire(), lines))
    assert.deepEqual(
      [echo['authority'], echo['uri'], (echo['headers'] as Record<string, string>)['host']],
      ['other.example:99', 'http://other.example:99/abs?x=1', 'origin'],
    )
  })

  for (const listener of listeners) {
    test(`text beyond ASCII is shown as UTF-8 on ${listener}`, async () => {
      const lines = ['GET / HTTP/1.1', 'Host: a', 'X-A: in \u65e5\u672c there']
      const echo = jsonOf(await answerTo(urls[listener](), lines))
      assert.equal((echo['headers'] as Record<string, string>)['x-a'], 'in \u65e5\u672c there')
    })

    test(`a download says that it takes ranges on ${listener}`, async () => {
      const answer = await answerTo(urls[listener](), ['GET /bin/10 HTTP/1.1', 'Host: a'])
      assert.equal(headerOf(answer, 'accept-ranges'), 'bytes')
    })
  }

  for (const [listener, what, shown] of [
    ['wire', 'as Latin-1', 'in \u00e9\u00ff there'],
    ['fast', 'as replacement characters', 'in \ufffd\ufffd there'],
  ] as const) {
    test(`bytes that are not UTF-8 are shown ${what} on ${listener}`, async () => {
      const connection = await RawConnection.open(urls[listener]())
      const head = 'GET / HTTP/1.1\r\nHost: a\r\nX-A: in \xe9\xff there\r\n\r\n'
      connection.send(Buffer.from(head, 'latin1'))
      const echo = jsonOf(await connection.answer())
      assert.equal((echo['headers'] as Record<string, string>)['x-a'], shown)
      connection.socket.destroy()
    })
  }
})
