import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import type { Example } from '../../app/endpoints/endpoint.ts'
import { httpRows, wsRows } from '../../app/endpoints/table.ts'
import { type Answer, ask } from '../support/ask.ts'
import { RawConnection, headerOf, rawRequest } from '../support/raw.ts'
import { useOrigin } from '../support/shared-origin.ts'

// With TARGET=http://host:port the examples are sent there: a cluster, or the far side of a proxy.
const target = process.env['TARGET']
const origin = target === undefined ? useOrigin() : undefined

interface Place {
  readonly listener: string
  readonly base: () => string
  /** What only the wire listener can is answered 501 elsewhere. */
  readonly isWire: boolean
}

// The same table on both HTTP listeners.
const places: readonly Place[] =
  target === undefined
    ? [
        { listener: 'fast', base: () => origin?.().url ?? '', isWire: false },
        {
          listener: 'wire',
          base: () => `http://127.0.0.1:${origin?.().ports.wire}`,
          isWire: true,
        },
      ]
    : [{ listener: 'target', base: () => target, isWire: process.env['TARGET_IS_WIRE'] === '1' }]

// In bodies that are another with each answer, so that GET and HEAD need not agree: echoes and statistics.
const changingMarks = [
  '"method":"GET"',
  '"closed_first_by":',
  '"request_id":',
  '"buffered_limit_bytes":',
]

for (const place of places) {
  for (const row of [...httpRows, ...wsRows]) {
    suite(`${row.path}: the examples hold on ${place.listener}`, { concurrency: 4 }, () => {
      for (const example of row.examples) {
        const method = example.method ?? 'GET'
        const isRefused = example.needsWire === true && !place.isWire
        test(`${method} ${example.path} is ${isRefused ? 501 : example.status}`, async () => {
          const answer = await ask(place.base(), example.path, { ...example, method })
          if (isRefused) checkUnsupported(answer)
          else check(example, answer)
        })
        if (method === 'GET') {
          test(`HEAD ${example.path} is the same without a body`, () => checkHead(place, example))
        }
      }
      if (row.examples.length === 0) test('there is one', () => assert.fail('no examples'))
    })
  }
}

function checkUnsupported(answer: Answer): void {
  assert.equal(answer.status, 501, answer.body.toString())
  const { code, error } = JSON.parse(answer.body.toString()) as Record<string, string>
  assert.equal(code, 'UNSUPPORTED_ON_LISTENER')
  const wire = origin === undefined ? '\\d+' : String(origin().ports.wire)
  assert.match(error ?? '', new RegExp(`use the wire listener \\(wire\\.port, ${wire}\\)$`))
}

function check({ status, expectHeaders = {}, expectBody }: Example, answer: Answer): void {
  assert.equal(answer.status, status, answer.body.toString())
  for (const [name, value] of Object.entries(expectHeaders)) {
    assert.equal(answer.headers[name], value, name)
  }
  if (expectBody === undefined) return
  if (typeof expectBody === 'string') {
    assert.equal(answer.body.toString(), expectBody)
  } else if ('bytes' in expectBody) {
    assert.equal(answer.body.length, expectBody.bytes)
  } else {
    const json = JSON.parse(answer.body.toString()) as Record<string, unknown>
    for (const [field, value] of Object.entries(expectBody.json)) {
      assert.deepEqual(json[field], value, field)
    }
  }
}

// Byte by byte, because an HTTP client would hide a body behind the answer to a HEAD. The request for
// /health behind it proves that the answer ended where it should.
async function checkHead({ base }: Place, example: Example): Promise<void> {
  const { path } = example
  // RFC 9110 14.2: Range is for GET alone, so HEAD is about the whole.
  const given = Object.entries(example.headers ?? {}).filter(([name]) => name !== 'range')
  const headers = Object.fromEntries(given)
  const got = await ask(base(), path, { headers })
  const connection = await RawConnection.open(base())
  const { host } = new URL(base())
  const lines = given.map(([name, value]) => `${name}: ${value}`)
  connection.send(rawRequest(`HEAD ${path}`, { host, headers: lines }))
  let head = await connection.answer({ isHead: true })
  // A 103 is no answer yet.
  while (head.status < 200) head = await connection.answer({ isHead: true })
  connection.send(rawRequest('GET /health', { host }))
  assert.equal((await connection.answer()).body.toString(), '{"status":"ok"}')
  connection.leave()

  // A WebSocket path refuses every method but GET in a way of its own.
  const isWs = wsRows.some((row) => row.examples.includes(example))
  assert.equal(head.status, isWs ? 405 : got.status)
  const isCompressed = got.headers['content-encoding'] !== undefined
  if (isWs || isCompressed || changingMarks.some((mark) => got.body.includes(mark))) return
  for (const name of ['content-length', 'content-type']) {
    assert.equal(headerOf(head, name), got.headers[name], name)
  }
}
