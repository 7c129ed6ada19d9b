import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ask, jsonOf } from '../support/ask.ts'
import { alphabetBytes } from '../support/payloads.ts'
import { RawConnection, headerOf, rawRequest } from '../support/raw.ts'
import { useOrigin } from '../support/shared-origin.ts'
import { within } from '../support/wait.ts'

// An origin that keeps answers ready must give each request its own all the same.
const origin = useOrigin()

test('the same target with and without Range, by GET, HEAD and POST, gets what each asks for', async () => {
  const connection = await RawConnection.open(origin().url)
  for (let round = 0; round < 3; round++) {
    connection.send(rawRequest('GET /bin/100'))
    const whole = await connection.answer()
    assert.deepEqual([whole.status, headerOf(whole, 'content-range')], [200, undefined])
    assert.ok(whole.body.equals(alphabetBytes(0, 100)))

    connection.send(rawRequest('GET /bin/100', { headers: ['Range: bytes=10-19'] }))
    const part = await connection.answer()
    assert.deepEqual([part.status, part.body.toString()], [206, 'KLMNOPQRST'])

    connection.send(rawRequest('GET /bin/100', { headers: ['Range: bytes=100-'] }))
    assert.equal((await connection.answer()).status, 416)

    connection.send(rawRequest('HEAD /bin/100'))
    const head = await connection.answer({ isHead: true })
    assert.deepEqual([head.status, headerOf(head, 'content-length')], [200, '100'])

    const headers = ['Content-Length: 3']
    connection.send(rawRequest('POST /bin/100', { headers, body: 'abc' }))
    assert.ok((await connection.answer()).body.equals(alphabetBytes(0, 100)))

    connection.send(rawRequest('GET /bin/100', { headers: ['Connection: keep-alive'] }))
    assert.ok((await connection.answer()).body.equals(alphabetBytes(0, 100)))
  }
  connection.leave()
})

test('an answer that was kept is whole: same headers, same bytes as the first', async () => {
  for (const path of ['/bin/1000?seed=7', '/bin/64K', '/bin/0', '/health', '/help']) {
    const [first, second] = [await ask(origin().url, path), await ask(origin().url, path)]
    const { date: _one, ...firstHeaders } = first.headers
    const { date: _other, ...secondHeaders } = second.headers
    assert.deepEqual(secondHeaders, firstHeaders)
    assert.ok(second.body.equals(first.body))
  }
})

test('Connection: close ends a connection whose answer was kept', async () => {
  for (let round = 0; round < 2; round++) {
    const connection = await RawConnection.open(origin().url)
    connection.send(rawRequest('GET /bin/36', { headers: ['Connection: close'] }))
    assert.equal((await connection.answer()).body.length, 36)
    assert.equal((await within('the end', connection.closed)).length, 0)
    connection.leave()
  }
})

test('the same mistake twice is answered with the id of each request', async () => {
  for (const id of ['first', 'second', 'third']) {
    const answer = await ask(origin().url, '/bin/1Q', { headers: { 'x-request-id': id } })
    assert.equal(answer.headers['x-request-id'], id)
    assert.equal(jsonOf(answer)['request_id'], id)
  }
})

test('what is random, encrypted or counted is made anew each time', async () => {
  for (const path of ['/bin/36?random=1', '/bin/36?cipher=aes-128-cbc', '/ndjson?count=1', '/']) {
    const [first, second] = [await ask(origin().url, path), await ask(origin().url, path)]
    assert.ok(!second.body.equals(first.body), path)
  }
})

test('targets that look alike get their own answers', async () => {
  for (let round = 0; round < 2; round++) {
    for (const [path, bytes] of [
      ['/bin/10', 10],
      ['/bin/100', 100],
      ['/bin/10?', 10],
      ['/bin/10?_=0', 10],
      ['/bin/1?seed=0', 1],
      ['/bin/1%30', 10],
      ['/bin/1k', 1024],
    ] as const) {
      assert.equal((await ask(origin().url, path)).body.length, bytes, path)
    }
  }
})

test('more targets than are kept are all answered correctly, and again', async () => {
  const connection = await RawConnection.open(origin().url)
  for (let round = 0; round < 2; round++) {
    for (let from = 1; from <= 1500; from += 50) {
      const sizes = Array.from({ length: 50 }, (_, index) => from + index)
      connection.send(sizes.map((size) => rawRequest(`GET /bin/${size}`)).join(''))
      for (const size of sizes) {
        assert.ok((await connection.answer()).body.equals(alphabetBytes(0, size)), `${size}`)
      }
    }
  }
  connection.leave()
})
