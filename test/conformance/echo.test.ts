import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { hostname } from 'node:os'
import { text as readText } from 'node:stream/consumers'
import { test } from 'node:test'

import fc from 'fast-check'

import { ask, jsonOf } from '../support/ask.ts'
import {
  type RawAnswer,
  RawConnection,
  type RawParts,
  headerOf,
  rawRequest,
} from '../support/raw.ts'
import { useOrigin } from '../support/shared-origin.ts'
import { within } from '../support/wait.ts'

const origin = useOrigin()

const echoLimit = 1024 * 1024
const uuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/
const usage = {
  prompt_tokens: 1,
  completion_tokens: 2,
  input_tokens: 100,
  output_tokens: 200,
  total_tokens: 300,
}

/** Sends the request as these bytes and gives the answer with its JSON. */
async function echoRaw(
  line: string,
  parts: RawParts = {},
): Promise<{ answer: RawAnswer; json: Readonly<Record<string, unknown>> }> {
  const connection = await RawConnection.open(origin().url)
  connection.send(rawRequest(line, parts))
  const answer = await connection.answer()
  connection.leave()
  return { answer, json: jsonOf(answer) }
}

function postEcho(body: string | Uint8Array | Uint8Array[]) {
  return ask(origin().url, '/', { method: 'POST', body }).then(jsonOf)
}

test('an echo shows every part of the request', async () => {
  const { answer, json } = await echoRaw('PATCH /some/path%2F..?q=1&q=%20#', {
    headers: ['Content-Type: text/x-thing', 'X-Request-ID: abc', 'Content-Length: 2'],
    body: 'hi',
  })
  assert.equal(answer.status, 200)
  assert.equal(headerOf(answer, 'content-type'), 'application/json')
  assert.equal(headerOf(answer, 'x-request-id'), 'abc')
  assert.equal(Number(headerOf(answer, 'content-length')), answer.body.length)
  const { source_addr: source, identity, ...rest } = json
  assert.equal((identity as { pod: string }).pod, hostname())
  assert.match(String(source), /^127\.0\.0\.1(?::\d+)?$/)
  assert.deepEqual(rest, {
    _myhostname: hostname(),
    method: 'PATCH',
    uri: 'http://origin.test/some/path%2F..?q=1&q=%20#',
    path: '/some/path%2F..',
    query: 'q=1&q=%20#',
    http_version: '1.1',
    headers: {
      host: 'origin.test',
      'content-type': 'text/x-thing',
      'x-request-id': 'abc',
      'content-length': '2',
    },
    content_type: 'text/x-thing',
    body: 'hi',
    body_size: 2,
    usage,
    destination_addr: new URL(origin().url).host,
    request_id: 'abc',
    listener: 'fast',
    endpoint: 'echo',
  })
})

for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND']) {
  test(`an unknown path answers ${method} with the echo`, async () => {
    const json = jsonOf(await ask(origin().url, '/no/such/path', { method }))
    assert.deepEqual([json['method'], json['path']], [method, '/no/such/path'])
  })
}

for (const path of [
  '/bin',
  '/upload/',
  '/health/',
  '/statusx',
  '/wsx',
  '/HEALTH',
  '//',
  '/drip/',
]) {
  test(`${path} is no endpoint's path, so it is echoed`, async () => {
    assert.equal((await echoRaw(`GET ${path}`)).json['path'], path)
  })
}

test('a header that is sent three times is an array in the order of sending', async () => {
  const { json } = await echoRaw('GET /', {
    headers: ['X-Tag: one', 'X-Other: alone', 'x-tag: two', 'X-TAG: one'],
  })
  const headers = json['headers'] as Record<string, unknown>
  assert.deepEqual(headers['x-tag'], ['one', 'two', 'one'])
  assert.equal(headers['x-other'], 'alone')
})

test('headers named like parts of a JavaScript object are headers like any other', async () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__']
  const { answer } = await echoRaw('GET /', {
    headers: [...names.map((name) => `${name}: of ${name}`), '__proto__: again'],
  })
  const text = answer.body.toString()
  assert.ok(text.includes('"__proto__":["of __proto__","again"]'), text)
  for (const name of names.slice(1)) {
    assert.ok(text.includes(`"${name.toLowerCase()}":"of ${name}"`), text)
  }
})

test('a body that is not UTF-8 comes as base64', async () => {
  const bytes = Buffer.from([0xff, 0xfe, 0, 0x80, 0x41])
  const json = await postEcho(bytes)
  assert.equal(json['body_encoding'], 'base64')
  assert.equal(json['body'], bytes.toString('base64'))
  assert.equal(json['body_size'], 5)
  assert.equal('body_truncated' in json, false)
})

test('text with quotes, control characters, NUL and emoji comes back as it was', async () => {
  const given = 'a"b\\c\n\t\r\0\u0001\u2028 naïve 🐢 </script>'
  const json = await postEcho(given)
  assert.equal(json['body'], given)
  assert.equal('body_encoding' in json, false)
})

test('any bytes come back as they were, as text or as base64', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.boolean(), async (bytes, isChunked) => {
      const json = await postEcho(isChunked ? [bytes] : bytes)
      const encoding = json['body_encoding'] === 'base64' ? 'base64' : 'utf8'
      assert.deepEqual(Buffer.from(String(json['body']), encoding), Buffer.from(bytes))
      assert.equal(json['body_size'], bytes.length)
    }),
    { numRuns: 60 },
  )
})

test('a chunked body is put together', async () => {
  const pieces = ['one ', 'two ', 'three'].map((text) => Buffer.from(text))
  const json = await postEcho(pieces)
  assert.equal(json['body'], 'one two three')
  assert.equal(json['body_size'], 13)
})

test('a body of just the limit is echoed whole', async () => {
  const text = 'x'.repeat(echoLimit)
  const json = await postEcho(text)
  assert.equal(json['body'], text)
  assert.equal('body_truncated' in json, false)
})

test('a body past the limit is cut and says so, and its size is the true one', async () => {
  const json = await postEcho('y'.repeat(3 * echoLimit + 1))
  assert.equal(json['body'], `${'y'.repeat(echoLimit)}...[TRUNCATED]`)
  assert.equal(json['body_truncated'], true)
  assert.equal(json['body_size'], 3 * echoLimit + 1)
})

for (const [character, from] of [
  ['é', 1],
  ['€', 1],
  ['€', 2],
  ['🐢', 3],
] as const) {
  test(`text is not taken for binary when the cut falls behind byte ${from} of ${character}`, async () => {
    const before = 'z'.repeat(echoLimit - from)
    const json = await postEcho(`${before}${character.repeat(100)}`)
    assert.equal(json['body'], `${before}...[TRUNCATED]`)
    assert.equal('body_encoding' in json, false)
  })
}

test('a cut body that is not text is base64 of its first bytes', async () => {
  const bytes = Buffer.alloc(echoLimit + 10, 0xff)
  const json = await postEcho(bytes)
  assert.equal(json['body_encoding'], 'base64')
  assert.equal(json['body'], bytes.subarray(0, echoLimit).toString('base64'))
  assert.equal(json['body_truncated'], true)
  assert.equal(json['body_size'], echoLimit + 10)
})

for (const id of ['a', '!~', 'x'.repeat(128), '"quoted"\\', '{"json":1}']) {
  test(`X-Request-ID ${id.slice(0, 12)} is kept`, async () => {
    const { answer, json } = await echoRaw('GET /', { headers: [`X-Request-ID: ${id}`] })
    assert.equal(json['request_id'], id)
    assert.equal(headerOf(answer, 'x-request-id'), id)
  })
}

for (const [what, id] of [
  ['of 129 characters', 'x'.repeat(129)],
  ['with a space', 'a b'],
  ['with a tab', 'a\tb'],
  ['that is empty', ''],
  // Not at the end: the engine drops the bytes of an unfinished UTF-8 character there (20.51), so that
  // the origin is handed another text than the client sent.
  ['with bytes above ASCII', 'caf\u00e9-au-lait'],
  ['with DEL', 'a\u007fb'],
] as const) {
  test(`X-Request-ID ${what} is replaced by a UUID`, async () => {
    const { answer, json } = await echoRaw('GET /', { headers: [`X-Request-ID: ${id}`] })
    assert.match(String(json['request_id']), uuid)
    assert.equal(headerOf(answer, 'x-request-id'), json['request_id'])
  })
}

test('two requests without an id get different ones', async () => {
  const [one, other] = [await echoRaw('GET /'), await echoRaw('GET /')]
  assert.match(String(one.json['request_id']), uuid)
  assert.notEqual(one.json['request_id'], other.json['request_id'])
})

test('the uri has the Host that was asked for', async () => {
  const { json } = await echoRaw('GET /x?y', { host: 'shop.example:81' })
  assert.equal(json['uri'], 'http://shop.example:81/x?y')
})

test('source_addr is the address of each client, whoever else is connected', async () => {
  const { hostname: host, port } = new URL(origin().url)
  const sourceOf = async (localAddress: string): Promise<string> => {
    const socket = connect({ host, port: Number(port), localAddress })
    socket.end(rawRequest('GET /', { headers: ['Connection: close'] }))
    const answer = await within(`an answer to ${localAddress}`, readText(socket))
    return /"source_addr":"([^"]*)"/.exec(answer)?.[1] ?? ''
  }
  const other = await RawConnection.open(origin().url)
  for (const address of ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.1']) {
    assert.match(await sourceOf(address), new RegExp(`^${address}(?::\\d+)?$`))
  }
  const addresses = ['127.0.0.4', '127.0.0.5', '127.0.0.1', '127.0.0.6']
  const sources = await Promise.all(addresses.map(sourceOf))
  assert.deepEqual(
    sources.map((source) => source.split(':')[0]),
    addresses,
  )
  other.leave()
})
