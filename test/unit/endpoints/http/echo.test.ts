import assert from 'node:assert/strict'
import { isUtf8 } from 'node:buffer'
import { test } from 'node:test'

import * as fc from 'fast-check'

import { createBodyCollector } from '../../../../app/endpoints/body.ts'
import type { CollectedBody, Exchange } from '../../../../app/endpoints/endpoint.ts'
import { echo, echoJson, echoReply } from '../../../../app/endpoints/http/echo.ts'
import { createFakeExchange, createFakeOrigin } from '../../../support/exchange.ts'
import { anyText } from '../../config/any-text.ts'

type Echo = Readonly<Record<string, unknown>>

const truncated = '...[TRUNCATED]'

function read(exchange: Exchange, options?: Parameters<typeof echoJson>[1]): Echo {
  return JSON.parse(echoJson(exchange, options)) as Echo
}

function collect(bytes: Uint8Array, limitBytes: number): CollectedBody {
  const collector = createBodyCollector(limitBytes)
  collector.take(bytes)
  return collector.body()
}

/** What JSON.parse makes of an object may have a property __proto__; Object.entries sees it. */
function entriesOf(value: unknown): ReadonlyMap<string, unknown> {
  assert.ok(typeof value === 'object' && value !== null)
  return new Map(Object.entries(value))
}

const texts = fc.oneof(
  anyText(),
  fc.constantFrom('', '"', '\\', '\u2028', '\ud800', '\0', '</script>', '__proto__'),
)
const names = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', 'accept', '0', '"', ''),
  anyText(8),
)

test('the echo has the fields of the contract, in its order', () => {
  const exchange = createFakeExchange({
    method: 'POST',
    path: '/any/path',
    query: 'a=1&b=2',
    headers: ['host', 'example.test', 'content-type', 'text/plain', 'accept', 'a', 'accept', 'b'],
    body: { bytes: Buffer.from('hello'), size: 5 },
  })
  const expected = {
    _myhostname: 'origin',
    method: 'POST',
    uri: 'http://example.test/any/path?a=1&b=2',
    path: '/any/path',
    query: 'a=1&b=2',
    http_version: '1.1',
    headers: { host: 'example.test', 'content-type': 'text/plain', accept: ['a', 'b'] },
    content_type: 'text/plain',
    body: 'hello',
    body_size: 5,
    usage: {
      prompt_tokens: 1,
      completion_tokens: 2,
      input_tokens: 100,
      output_tokens: 200,
      total_tokens: 300,
    },
    source_addr: '127.0.0.1',
    destination_addr: '127.0.0.1:8080',
    request_id: 'order-66',
    listener: 'fast',
    identity: { pod: 'pod-a', namespace: null, node: null, zone: null, version: '0.0.0' },
    endpoint: 'echo',
  }
  assert.equal(echoJson(exchange), JSON.stringify(expected))
})

test('headers of any name and value come back: single ones as text, repeated ones as an array in order', () => {
  const pairs = fc.array(fc.tuple(names, texts), { maxLength: 12 })
  const property = fc.property(pairs, (list) => {
    const model = new Map<string, string[]>()
    for (const [name, value] of list) model.set(name, [...(model.get(name) ?? []), value])
    const { headers } = read(createFakeExchange({ headers: list.flat() }))
    const found = entriesOf(headers)
    assert.equal(found.size, model.size)
    for (const [name, values] of model) {
      assert.deepEqual(found.get(name), values.length === 1 ? values[0] : values, name)
    }
  })
  fc.assert(property, { numRuns: 300 })
})

test('a header called __proto__ is kept, repeated or not', () => {
  const once = read(createFakeExchange({ headers: ['__proto__', 'a'] }))
  assert.deepEqual([...entriesOf(once['headers'])], [['__proto__', 'a']])
  const twice = read(
    createFakeExchange({ headers: ['__proto__', 'a', 'x', 'b', '__proto__', 'c'] }),
  )
  assert.deepEqual(
    [...entriesOf(twice['headers'])],
    [
      ['__proto__', ['a', 'c']],
      ['x', 'b'],
    ],
  )
})

test('the echo is JSON with exactly what the client wrote', () => {
  const requests = fc.record({ method: texts, path: texts, query: texts, requestId: texts })
  const property = fc.property(requests, texts, texts, (request, host, type) => {
    const found = read(
      createFakeExchange({ ...request, headers: ['host', host, 'content-type', type] }),
    )
    const { method, path, query, requestId } = request
    assert.equal(found['method'], method)
    assert.equal(found['path'], path)
    assert.equal(found['query'], query)
    assert.equal(found['request_id'], requestId)
    assert.equal(found['content_type'], type)
    assert.equal(found['uri'], `http://${host}${path}${query === '' ? '' : `?${query}`}`)
  })
  fc.assert(property)
})

test('a body within the limit comes back whole: as text when it is UTF-8, else as base64', () => {
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    anyText().map((text) => Buffer.from(text)),
  )
  const property = fc.property(bodies, (bytes) => {
    const found = read(createFakeExchange({ body: collect(bytes, 1000) }))
    const encoding = isUtf8(bytes) ? 'utf8' : 'base64'
    assert.equal(found['body_encoding'], encoding === 'utf8' ? undefined : 'base64')
    assert.deepEqual(Buffer.from(String(found['body']), encoding), Buffer.from(bytes))
    assert.equal(found['body_size'], bytes.length)
    assert.ok(!('body_truncated' in found))
  })
  fc.assert(property, { numRuns: 300 })
})

test('text past the limit is cut between characters and says so', () => {
  // The first and last character of each length in UTF-8, and what JSON and decoders treat apart.
  const each = [
    '\0',
    '\x7f',
    '\x80',
    '\u07ff',
    '\u0800',
    '\uffff',
    '\u{10000}',
    '\u{10ffff}',
    '"',
    '\ufffd',
  ]
  const characters = fc.array(fc.constantFrom(...each), { minLength: 1 })
  const property = fc.property(characters, fc.nat(30), (list, limitBytes) => {
    const bytes = Buffer.from(list.join(''))
    if (bytes.length <= limitBytes) return
    const found = read(createFakeExchange({ body: collect(bytes, limitBytes) }))
    let kept = ''
    for (const character of list) {
      if (Buffer.byteLength(kept + character) > limitBytes) break
      kept += character
    }
    assert.equal(found['body'], kept + truncated)
    assert.equal(found['body_size'], bytes.length)
    assert.equal(found['body_truncated'], true)
    assert.ok(!('body_encoding' in found))
  })
  fc.assert(property, { numRuns: 1000 })
})

test('a replacement character that was sent is text', () => {
  const bytes = Buffer.from('a\ufffdb')
  const found = read(createFakeExchange({ body: collect(bytes, 100) }))
  assert.equal(found['body'], 'a\ufffdb')
  assert.ok(!('body_encoding' in found))
})

// What a strict decoder makes of the first part of a text that goes on; undefined when no text can
// begin like that.
function decodeBeginning(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, {
      stream: true,
    })
  } catch {
    return undefined
  }
}

function assertBeginning(bytes: Buffer, limitBytes: number): void {
  const kept = bytes.subarray(0, limitBytes)
  const found = read(createFakeExchange({ body: collect(bytes, limitBytes) }))
  const text = decodeBeginning(kept)
  const shown = bytes.toString('hex')
  assert.equal(found['body_truncated'], true)
  assert.equal(found['body_size'], bytes.length)
  assert.equal(found['body_encoding'], text === undefined ? 'base64' : undefined, shown)
  assert.equal(
    found['body'],
    text === undefined ? kept.toString('base64') : text + truncated,
    shown,
  )
}

test('binary past the limit is the base64 of what was kept', () => {
  for (const hex of ['fffe0080818283848586', '616263fffe626364', '6162638080616263', 'f8616263']) {
    assertBeginning(Buffer.from(hex, 'hex'), 5 - Number(hex === 'f8616263') * 4)
  }
})

test('a cut body is text exactly when a text can begin like that', () => {
  const byte = fc.oneof(
    fc.constantFrom(0x61, 0x80, 0xa0, 0xbf, 0xc0, 0xc3, 0xe0, 0xe2, 0xed, 0xf0, 0xf4, 0xf5, 0xff),
    fc.nat(255),
  )
  const bodies = fc.array(byte, { minLength: 2, maxLength: 6 }).map((list) => Buffer.from(list))
  const property = fc.property(bodies, fc.integer({ min: 1, max: 5 }), (bytes, limitBytes) => {
    if (bytes.length > limitBytes) assertBeginning(bytes, limitBytes)
  })
  fc.assert(property, { numRuns: 5000 })
})

test('a body that is not shown keeps its size', () => {
  const body = { bytes: Buffer.alloc(0), size: 123 }
  const found = read(createFakeExchange(), { body, hasBodyText: false })
  assert.equal(found['body'], '')
  assert.equal(found['body_size'], 123)
  assert.ok(!('body_truncated' in found))
})

test('extra fields come last, and the token counts can be left empty', () => {
  const found = read(createFakeExchange(), {
    hasUsage: false,
    extra: { status_code: 7, '"': null },
  })
  assert.deepEqual(found['usage'], {})
  assert.deepEqual(Object.entries(found).slice(-2), [
    ['status_code', 7],
    ['"', null],
  ])
  assert.deepEqual(read(createFakeExchange(), { extra: {} }), read(createFakeExchange()))
})

test('a host name that needs escaping is escaped', () => {
  const exchange = createFakeExchange({ origin: createFakeOrigin({ hostname: 'a"b\\' }) })
  assert.equal(read(exchange)['_myhostname'], 'a"b\\')
})

test('the reply carries the id, and no body where the status has none', () => {
  for (const status of [200, 404, 205, 500]) {
    const reply = echoReply(createFakeExchange(), { status })
    assert.equal(reply.status, status)
    assert.equal(reply.body.kind, 'bytes')
    assert.deepEqual(reply.headers, [
      ['Content-Type', 'application/json'],
      ['X-Request-ID', 'order-66'],
    ])
  }
  for (const status of [100, 103, 204, 304]) {
    assert.equal(echoReply(createFakeExchange(), { status }).body.kind, 'none', String(status))
  }
})

test('the row answers with the echo', async () => {
  const exchange = createFakeExchange({ path: '/x' })
  const { body } = await echo.handle(exchange, {})
  assert.ok(body.kind === 'bytes')
  assert.equal(body.bytes, echoJson(exchange))
})
