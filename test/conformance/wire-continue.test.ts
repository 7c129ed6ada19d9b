import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { jsonOf } from '../support/ask.ts'
import { type RawAnswer, type RawConnection, headerOf, rawRequest } from '../support/raw.ts'
import { allFreed } from '../support/shared-origin.ts'
import { howItEnds, useWire } from './wire-client.ts'

const { origin, open } = useWire({ 'limits.body': '1M' })

const expecting = (length: number): readonly string[] => [
  'Expect: 100-continue',
  `Content-Length: ${length}`,
]

/** Sends the head of a request that waits for 100, and reads the first answer. */
async function ask(
  line: string,
  headers = expecting(5),
): Promise<{ readonly connection: RawConnection; readonly first: RawAnswer }> {
  const connection = await open()
  connection.send(rawRequest(line, { headers }))
  return { connection, first: await connection.answer() }
}

suite('an endpoint that reads the body sends 100', { concurrency: 4 }, () => {
  for (const path of ['/', '/upload', '/delay/1/1', '/status/200', '/continue']) {
    test(`POST ${path}: 100, then the answer, and the connection goes on`, async () => {
      const { connection, first } = await ask(`POST ${path}`)
      assert.deepEqual([first.status, first.headers], [100, []])
      connection.send('hello')
      const answer = await connection.answer()
      assert.equal(answer.status, 200)
      assert.equal(headerOf(answer, 'connection'), 'keep-alive')
      connection.send(rawRequest('GET /health'))
      assert.equal((await connection.answer()).status, 200)
      connection.leave()
    })
  }

  test('in any case of letters, and in chunks', async () => {
    const headers = ['eXpEcT: 100-CONTINUE', 'Transfer-Encoding: chunked']
    const { connection, first } = await ask('POST /x', headers)
    assert.equal(first.status, 100)
    connection.send('5\r\nhello\r\n0\r\n\r\n')
    assert.equal(jsonOf(await connection.answer())['body'], 'hello')
    connection.leave()
  })

  test('two pipelined requests get one each', async () => {
    const connection = await open()
    const first = rawRequest('POST /delay/100', { headers: expecting(1), body: 'a' })
    connection.send(first + rawRequest('POST /x', { headers: expecting(1) }))
    const statuses = []
    for (let count = 0; count < 3; count++) statuses.push((await connection.answer()).status)
    assert.deepEqual(statuses, [100, 200, 100])
    connection.send('b')
    assert.equal(jsonOf(await connection.answer())['body'], 'b')
    connection.leave()
  })
})

suite('an endpoint that answers without the body', { concurrency: 4 }, () => {
  for (const [line, status, headers] of [
    ['POST /health', 200, expecting(5)],
    ['PUT /bin/10', 200, expecting(5)],
    ['POST /bin/1Q', 400, expecting(5)],
    ['POST /upload', 413, expecting(2 ** 20 + 1)],
    ['POST /ws', 405, expecting(5)],
  ] as const) {
    test(`${line} is ${status} at once, without 100, and closes`, async () => {
      const { connection, first } = await ask(line, [...headers])
      const ended = howItEnds(connection)
      assert.equal(first.status, status)
      assert.equal(headerOf(first, 'connection'), 'close')
      assert.equal(await ended, 'FIN')
      assert.equal(connection.waiting, 0)
    })
  }
})

suite('/continue', { concurrency: 8 }, () => {
  test('mode=send says 100 at once', async () => {
    const { connection, first } = await ask('POST /continue?mode=send')
    assert.equal(first.status, 100)
    connection.send('hello')
    const json = jsonOf(await connection.answer())
    assert.deepEqual([json['mode'], json['expected'], json['bytes_received']], ['send', true, 5])
    assert.ok(Number(json['continue_sent_after_ms']) < 1000)
    connection.leave()
  })

  test('mode=delay says it late', async () => {
    const startedAt = performance.now()
    const { connection, first } = await ask('POST /continue?mode=delay&delay=300')
    assert.equal(first.status, 100)
    assert.ok(performance.now() - startedAt >= 299)
    connection.send('hello')
    const json = jsonOf(await connection.answer())
    assert.ok(Number(json['continue_sent_after_ms']) >= 299)
    assert.equal(json['bytes_received'], 5)
    connection.leave()
  })

  test('mode=withhold never sends it, and accepts a body that comes all the same', async () => {
    const connection = await open()
    connection.send(rawRequest('POST /continue?mode=withhold', { headers: expecting(5) }))
    connection.send('hello')
    const answer = await connection.answer()
    assert.equal(answer.status, 200)
    // Node's rule for a 100 that was never sent, and a safe one.
    assert.equal(headerOf(answer, 'connection'), 'close')
    const { complete, bytes_received: bytes } = jsonOf(answer)
    assert.deepEqual([complete, bytes], [true, 5])
    connection.leave()
  })

  test('mode=withhold answers when its time is over, and closes', async () => {
    const { connection, first } = await ask('POST /continue?mode=withhold&patience=200')
    const ended = howItEnds(connection)
    assert.equal(first.status, 200)
    assert.equal(headerOf(first, 'connection'), 'close')
    const { complete, bytes_received: bytes, continue_sent_after_ms: sent } = jsonOf(first)
    assert.deepEqual([complete, bytes, sent], [false, 0, null])
    assert.equal(await ended, 'FIN')
  })

  test('mode=refuse says 417 and closes, because the body may come or not', async () => {
    const { connection, first } = await ask('POST /continue?mode=refuse')
    const ended = howItEnds(connection)
    assert.equal(first.status, 417)
    assert.equal(headerOf(first, 'connection'), 'close')
    connection.send('hello')
    assert.equal(await ended, 'FIN')
    assert.equal(connection.waiting, 0)
  })

  test('mode=early says 200 before the body and closes', async () => {
    const { connection, first } = await ask('POST /continue?mode=early', expecting(10_000_000))
    const ended = howItEnds(connection)
    assert.equal(first.status, 200)
    assert.equal(headerOf(first, 'connection'), 'close')
    assert.equal(jsonOf(first)['bytes_received'], 0)
    assert.equal(await ended, 'FIN')
  })

  test('without Expect there is no 100', async () => {
    for (const mode of ['send', 'delay&delay=1', 'withhold']) {
      const connection = await open()
      const headers = ['Content-Length: 5']
      connection.send(rawRequest(`POST /continue?mode=${mode}`, { headers, body: 'hello' }))
      const answer = await connection.answer()
      assert.equal(answer.status, 200)
      const { expected, bytes_received: bytes } = jsonOf(answer)
      assert.deepEqual([expected, bytes], [false, 5])
      connection.leave()
    }
  })
})

suite('other expectations', { concurrency: 4 }, () => {
  for (const expectation of ['200-ok', 'a=b', '100-continued', 'continue']) {
    test(`Expect: ${expectation} is 417, and the next request is answered`, async () => {
      const connection = await open()
      const headers = [`Expect: ${expectation}`, 'Content-Length: 5', 'X-Request-ID: e-1']
      connection.send(rawRequest('POST /x', { headers, body: 'hello' }))
      const answer = await connection.answer()
      assert.equal(answer.status, 417)
      assert.deepEqual(
        [jsonOf(answer)['code'], jsonOf(answer)['request_id']],
        ['EXPECTATION_FAILED', 'e-1'],
      )
      connection.send(rawRequest('GET /health'))
      assert.equal((await connection.answer()).status, 200)
      connection.leave()
    })
  }
})

test('nothing is held when all clients have left', () => allFreed(origin()))
