import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { type Answer, ask, jsonOf } from '../support/ask.ts'
import { RawConnection, headerOf, rawRequest } from '../support/raw.ts'
import { allFreed, useOrigin } from '../support/shared-origin.ts'
import { pause, within } from '../support/wait.ts'

const origin = useOrigin({
  'limits.delay': '100ms',
  'limits.payload': '1K',
  'limits.body': '100K',
  'limits.count': 5,
  'limits.headerBytes': '4K',
  'echo.bodyLimit': 16,
})

function checkError(answer: Answer, status: number, code: string): void {
  assert.equal(answer.status, status, answer.body.toString())
  assert.equal(answer.headers['content-type'], 'application/json')
  const json = jsonOf(answer)
  assert.deepEqual(Object.keys(json).toSorted(), ['code', 'error', 'request_id', 'timestamp'])
  assert.equal(json['code'], code)
  assert.equal(answer.headers['x-request-id'], json['request_id'])
}

suite('what a client may ask', { concurrency: 4 }, () => {
  for (const [allowed, past, setting] of [
    ['/delay/100', '/delay/101', 'limits.delay'],
    ['/delay/1/0.1s', '/delay/1/101ms', 'limits.delay'],
    ['/delay/1', '/delay/1h', 'limits.delay'],
    ['/drip?bytes=5&duration=100', '/drip?bytes=5&duration=100.5', 'limits.delay'],
    ['/drip?bytes=5&duration=0&delay=100', '/drip?duration=0&delay=2m', 'limits.delay'],
    ['/chunked/1?delay=100', '/chunked/1?delay=101', 'limits.delay'],
    ['/sse?count=1&interval=100', '/sse?count=1&interval=101', 'limits.delay'],
    ['/ndjson?count=1&interval=100', '/ndjson?count=1&interval=101', 'limits.delay'],
    ['/bin/1K', '/bin/1025', 'limits.payload'],
    ['/bin/1024?seed=4', '/bin/10000G?chunked=true', 'limits.payload'],
    ['/chunked/1?size=1K', '/chunked/1?size=1025', 'limits.payload'],
    ['/drip?bytes=1K&duration=0', '/drip?bytes=2K&duration=0', 'limits.payload'],
    ['/sse?count=1&interval=0&size=1K', '/sse?count=1&interval=0&size=1025', 'limits.payload'],
    ['/chunked/5', '/chunked/6', 'limits.count'],
    ['/sse?count=5&interval=0', '/sse?count=6&interval=0', 'limits.count'],
    ['/ndjson?count=5&interval=0', '/ndjson?count=1000000000000&interval=0', 'limits.count'],
  ] as const) {
    test(`${allowed} is within ${setting}, ${past} is past it`, async () => {
      assert.equal((await ask(origin().url, allowed)).status, 200)
      const answer = await ask(origin().url, past)
      checkError(answer, 400, 'INVALID_REQUEST')
      assert.ok(String(jsonOf(answer)['error']).includes(setting))
    })
  }
})

test('echo.bodyLimit says how much of a body is echoed', async () => {
  const whole = jsonOf(await ask(origin().url, '/', { method: 'POST', body: 'x'.repeat(16) }))
  assert.equal(whole['body'], 'x'.repeat(16))
  const cut = jsonOf(await ask(origin().url, '/', { method: 'POST', body: 'x'.repeat(17) }))
  assert.deepEqual([cut['body'], cut['body_size']], [`${'x'.repeat(16)}...[TRUNCATED]`, 17])
})

test('limits.headerBytes says how large a request head may be', async () => {
  const fitting = { 'x-long': 'a'.repeat(3500) }
  assert.equal((await ask(origin().url, '/health', { headers: fitting })).status, 200)
  const tooLong = { 'x-long': 'a'.repeat(5000) }
  assert.equal((await ask(origin().url, '/health', { headers: tooLong })).status, 431)
})

for (const path of ['/', '/upload', '/delay/1', '/delay/0/10', '/status/200', '/nousage']) {
  test(`a body of limits.body is taken by ${path}`, async () => {
    for (const body of [Buffer.alloc(102_400), [Buffer.alloc(102_400)]]) {
      assert.equal((await ask(origin().url, path, { method: 'POST', body })).status, 200)
    }
  })
}

for (const path of ['/', '/upload', '/upload?digest=1', '/delay/1', '/status/200', '/nousage']) {
  for (const isChunked of [false, true]) {
    const how = isChunked ? 'chunked' : 'announced in Content-Length'
    test(`a body past limits.body, ${how}, is 413 from ${path}, and the origin goes on`, async () => {
      const bytes = Buffer.alloc(102_401)
      const body = isChunked ? [bytes.subarray(0, 70_000), bytes.subarray(70_000)] : bytes
      const answer = await ask(origin().url, path, { method: 'POST', body })
      checkError(answer, 413, 'PAYLOAD_TOO_LARGE')
      assert.match(String(jsonOf(answer)['error']), /limits\.body/)
      // What is left of the body must not be read as the next request.
      assert.equal(answer.headers['connection'], 'close')
      await allFreed(origin())
      assert.equal((await ask(origin().url, '/health')).status, 200)
    })
  }
}

// Both chunks are in one write, so that the second is there while the first is still waited for.
test('a body that passes limits.body while it is read slowly is 413, and the origin goes on', async () => {
  const connection = await RawConnection.open(origin().url)
  const chunks = [70_000, 40_000].map((size) => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`)
  const headers = ['Transfer-Encoding: chunked']
  connection.send(rawRequest('POST /delay/0/50', { headers, body: `${chunks.join('')}0\r\n\r\n` }))
  assert.equal((await connection.answer()).status, 413)
  await within('the end of the connection', connection.closed)
  connection.leave()
  await allFreed(origin())
  // Past the time the first chunk was waited for.
  await pause(200)
  assert.equal((await ask(origin().url, '/health')).status, 200)
})

test('413 comes before the body is sent, and then the connection ends', async () => {
  const connection = await RawConnection.open(origin().url)
  connection.send(rawRequest('POST /upload', { headers: ['Content-Length: 10000000000'] }))
  const answer = await connection.answer()
  assert.equal(answer.status, 413)
  assert.equal(headerOf(answer, 'connection'), 'close')
  await within('the end of the connection', connection.closed)
  connection.leave()
})
