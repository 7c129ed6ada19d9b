import assert from 'node:assert/strict'
import { test } from 'node:test'

import * as fc from 'fast-check'

import {
  type Reply,
  chooseRequestId,
  errorReply,
  jsonReply,
  statusLine,
} from '../../../app/endpoints/endpoint.ts'
import { OriginError, errorCodes } from '../../../app/errors.ts'
import { anyText } from '../config/any-text.ts'

const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/

function json(reply: Reply): Record<string, unknown> {
  assert.ok(reply.body.kind === 'bytes')
  return JSON.parse(String(reply.body.bytes)) as Record<string, unknown>
}

test('a request id of 1 to 128 visible ASCII characters is kept', () => {
  const visible = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code))
  const ids = fc.string({ unit: visible, minLength: 1, maxLength: 128 })
  fc.assert(fc.property(ids, (id) => assert.equal(chooseRequestId(id), id)))
})

test('any other request id is replaced by a new UUID', () => {
  const bad = ['', ' ', 'a b', ' a', 'a\n', 'é', 'a\0', '\u007f', 'x'.repeat(129)]
  for (const given of bad) assert.match(chooseRequestId(given), uuid, JSON.stringify(given))
  assert.notEqual(chooseRequestId(''), chooseRequestId(''))
})

test('whatever is given, the id is safe in a header', () => {
  const property = fc.property(anyText(200), (given) => {
    assert.match(chooseRequestId(given), /^[\x21-\x7e]{1,128}$/)
  })
  fc.assert(property)
})

test('a status line has the registered phrase, or one that says there is none', () => {
  assert.equal(statusLine(200), '200 OK')
  assert.equal(statusLine(404), '404 Not Found')
  assert.equal(statusLine(418), "418 I'm a Teapot")
  assert.equal(statusLine(299), '299 Unassigned')
  for (let status = 100; status < 600; status++) {
    assert.match(statusLine(status), new RegExp(`^${status} [A-Z][\\w '-]+$`))
  }
})

test('a refusal is the same JSON for every code, with the id in body and header', () => {
  for (const [code, { http }] of Object.entries(errorCodes)) {
    const error = new OriginError(code as keyof typeof errorCodes, 'do "this"', [['Allow', 'GET']])
    const before = Math.floor(Date.now() / 1000)
    const reply = errorReply(error, 'id-7')
    assert.equal(reply.status, http)
    assert.deepEqual(reply.headers, [
      ['Content-Type', 'application/json'],
      ['X-Request-ID', 'id-7'],
      ['Allow', 'GET'],
    ])
    const { timestamp, ...rest } = json(reply)
    assert.deepEqual(rest, { error: 'do "this"', code, request_id: 'id-7' })
    assert.ok(Number.isInteger(timestamp) && Number(timestamp) >= before)
  }
})

test('a JSON reply is 200 by default, and its headers come after the type', () => {
  assert.deepEqual(jsonReply({ a: 1 }), {
    status: 200,
    headers: [['Content-Type', 'application/json']],
    body: { kind: 'bytes', bytes: '{"a":1}' },
  })
  const reply = jsonReply({}, 503, [['Retry-After', '1']])
  assert.equal(reply.status, 503)
  assert.deepEqual(reply.headers, [
    ['Content-Type', 'application/json'],
    ['Retry-After', '1'],
  ])
})
