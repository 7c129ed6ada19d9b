import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import fc from 'fast-check'

import { httpRows, wsRows } from '../../app/endpoints/table.ts'
import {
  type RawAnswer,
  type RawParts,
  RawConnection,
  headerOf,
  rawRequest,
} from '../support/raw.ts'
import { useOrigin } from '../support/shared-origin.ts'

const origin = useOrigin()

const dateForm = /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/

// All that an answer of this origin may have, and what each may look like.
const headerForms: Readonly<Record<string, RegExp>> = {
  'content-type': /^[a-z-]+\/[a-z-]+(?:; charset=utf-8)?$/,
  'content-length': /^\d+$/,
  'content-disposition': /^attachment; filename="data\.bin"$/,
  'content-range': /^bytes (?:\d+-\d+|\*)\/\d+$/,
  'transfer-encoding': /^chunked$/,
  'x-request-id': /^[\x21-\x7e]{1,128}$/,
  'request-id': /^[\x21-\x7e]{1,128}$/,
  'x-hp-seed': /^\d+$/,
  'repr-digest': /^sha-256=:[\w+/=]+:$/,
  'cache-control': /^(?:no-store|public, max-age=\d+)$/,
  'sec-websocket-version': /^13$/,
  'sec-websocket-accept': /^[\w+/]{27}=$/,
  'sec-websocket-protocol': /^[\w!#$%&'*+.^`|~-]+$/,
  upgrade: /^websocket$/,
  connection: /^(?:close|Upgrade)$/,
  allow: /^(?:GET|POST)$/,
  'accept-ranges': /^bytes$/,
  date: dateForm,
  'last-modified': dateForm,
  etag: /^"[\x21\x23-\x7e]+"$/,
  location: /^\/(?:cookies|get|redirect\/\d+)$/,
  'set-cookie': /^[\w-]+=[\w-]*; Path=\/; HttpOnly$/,
  'content-encoding': /^(?:gzip|deflate|br)$/,
  'www-authenticate': /^(?:Basic|Bearer) realm="hpdummy"(?:, charset="UTF-8")?$/,
}

function checkHeaders(answer: Pick<RawAnswer, 'headers'>): void {
  for (const [name, value] of answer.headers) {
    const form = headerForms[name.toLowerCase()]
    assert.ok(form?.test(value) === true, `${name}: ${JSON.stringify(value)}`)
  }
}

/** The answer, after a check that it is one answer and that all its headers look as they should. */
async function checked(line: string, parts: RawParts = {}): Promise<RawAnswer> {
  const connection = await RawConnection.open(origin().url)
  connection.send(rawRequest(line, parts))
  const answer = await connection.answer()
  checkHeaders(answer)
  connection.send(rawRequest('GET /health'))
  const next = await connection.answer()
  assert.equal(next.body.toString(), '{"status":"ok"}')
  connection.leave()
  return answer
}

const crlf = '%0d%0aX-Injected:%20yes%0d%0a%0d%0aHTTP/1.1%20200%20OK'

suite('CR and LF in a target never start a header line', { concurrency: 4 }, () => {
  for (const { path, parameters } of [...httpRows, ...wsRows]) {
    const fixed = path.replace(/\{.*/, '')
    const names = Object.keys(parameters)
    const query = names.map((name) => `${name}=1${crlf}`).join('&')
    for (const target of [`${fixed}${crlf}`, `${fixed}1${crlf}`, `${fixed}?${query}`]) {
      test(`GET ${target.slice(0, 30)}...`, async () => {
        await checked(`GET ${target}`)
      })
    }
  }

  test('in Range, Host, Content-Type and the method', async () => {
    await checked('GET /bin/100', { headers: [`Range: bytes=1-2${crlf}`] })
    await checked('GET /', { host: `x${crlf}` })
    await checked('POST /nousage/wrongct', { headers: [`Content-Type: a/b${crlf}`] })
    await checked(`X${crlf.replaceAll('/', '')} /ws`)
  })
})

test('X-Request-ID of any bytes comes back as it was, or as another that is harmless', async () => {
  // Control characters are another test's: the engine refuses most of them before we see them.
  const byte = fc.oneof(
    fc.integer({ min: 0x21, max: 0x7e }),
    fc.integer({ min: 0x80, max: 0xff }),
    fc.constantFrom(0x09, 0x20),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(byte, { minLength: 1, maxLength: 160 }), async (bytes) => {
      const id = Buffer.from(bytes).toString('latin1')
      const answer = await checked('GET /bin/x', { headers: [`X-Request-ID: ${id}`] })
      if (/^[\x21-\x7e]{1,128}$/.test(id)) assert.equal(headerOf(answer, 'x-request-id'), id)
    }),
    { numRuns: 200 },
  )
})

test('control characters in X-Request-ID are refused or replaced', async () => {
  for (const code of [1, 7, 8, 11, 12, 14, 27, 31, 127]) {
    const connection = await RawConnection.open(origin().url)
    const id = `a${String.fromCharCode(code)}b`
    connection.send(rawRequest('GET /bin/x', { headers: [`X-Request-ID: ${id}`] }))
    const answer = await connection.answer()
    connection.leave()
    assert.equal(answer.status, 400)
    assert.notEqual(headerOf(answer, 'x-request-id'), id)
  }
})

const handshake = [
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
]

async function shakeHands(path: string, more: readonly string[]): Promise<RawAnswer> {
  const connection = await RawConnection.open(origin().url)
  connection.send(rawRequest(`GET ${path}`, { headers: [...handshake, ...more] }))
  const answer = { ...(await connection.head()), body: Buffer.alloc(0), chunks: [] }
  connection.leave()
  return answer
}

suite('a WebSocket handshake', { concurrency: 4 }, () => {
  test('keeps percent-encoded CR and LF of a subprotocol as the text they are', async () => {
    const answer = await shakeHands('/ws', [`Sec-WebSocket-Protocol: chat${crlf.slice(0, 6)}`])
    checkHeaders(answer)
    assert.deepEqual(
      [answer.status, headerOf(answer, 'sec-websocket-protocol')],
      [101, 'chat%0d%0a'],
    )
  })

  // RFC 6455 4.1: subprotocols are tokens, so nothing else may be sent back as one.
  for (const protocol of ['caf\xe9-latte', 'a b', 'a;b', '"a"', 'a/b', 'a\x7fb', '<b>']) {
    test(`does not send back ${JSON.stringify(protocol)}, which is no token`, async () => {
      checkHeaders(await shakeHands('/ws', [`Sec-WebSocket-Protocol: ${protocol}`]))
    })
  }

  test('answers only what it should to extensions, origins and cookies', async () => {
    for (const line of [
      `Sec-WebSocket-Extensions: permessage-deflate; x=${crlf}`,
      `Origin: http://evil${crlf}`,
      `Cookie: a=${crlf}`,
    ]) {
      checkHeaders(await shakeHands(`/ws/room${crlf}`, [line]))
    }
  })

  test('hashes any key of 24 characters and sends nothing else of it', async () => {
    const key = `Sec-WebSocket-Key: ${'"<%0d%0aX:y>"'.padEnd(24, '!')}`
    const connection = await RawConnection.open(origin().url)
    const lines = [...handshake.filter((line) => !line.includes('-Key')), key]
    connection.send(rawRequest('GET /ws', { headers: lines }))
    checkHeaders(await connection.head())
    connection.leave()
  })
})
