import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import { type Question, ask, jsonOf } from '../support/ask.ts'
import { RawConnection, rawRequest } from '../support/raw.ts'
import { useOrigin } from '../support/shared-origin.ts'
import { pause } from '../support/wait.ts'

const origin = useOrigin()

// A timer may be early by the fraction of a millisecond its clock is coarse.
const earlyMs = 2

async function timed(
  path: string,
  question: Question = {},
): Promise<{ ms: number; json: Readonly<Record<string, unknown>> }> {
  const startedAt = performance.now()
  const answer = await ask(origin().url, path, question)
  assert.equal(answer.status, 200, answer.body.toString())
  return { ms: performance.now() - startedAt, json: jsonOf(answer) }
}

suite('/delay', { concurrency: 4 }, () => {
  for (const [text, least] of [
    ['120', 120],
    ['120ms', 120],
    ['0.12s', 120],
    ['99.5', 99.5],
    ['1', 1],
  ] as const) {
    test(`/delay/${text} answers after ${least} ms, not before`, async () => {
      const { ms, json } = await timed(`/delay/${text}`)
      assert.ok(ms >= least - earlyMs, `after ${ms} ms`)
      assert.equal(json['duration_ms'], least)
      assert.equal('read_delay_ms' in json, false)
      assert.equal('read_chunks' in json, false)
    })
  }

  test('the delayed echo has the body', async () => {
    const { json } = await timed('/delay/30', { method: 'POST', body: 'patience' })
    assert.deepEqual([json['body'], json['body_size'], json['method']], ['patience', 8, 'POST'])
  })

  for (const path of [
    '0',
    '0/0',
    '',
    'soon',
    '-1',
    '1e3',
    '5/x',
    '5/-1',
    '5/5/5',
    '1d',
    '0ms/0s',
  ]) {
    test(`/delay/${path} is 400`, async () => {
      const answer = await ask(origin().url, `/delay/${path}`)
      assert.deepEqual([answer.status, jsonOf(answer)['code']], [400, 'INVALID_REQUEST'])
    })
  }

  test('a refused delay leaves the connection usable, with a body or without', async () => {
    const connection = await RawConnection.open(origin().url)
    for (const body of ['', 'abc']) {
      const headers = [`Content-Length: ${body.length}`]
      connection.send(rawRequest('POST /delay/soon', { headers, body }))
      assert.equal((await connection.answer()).status, 400)
    }
    connection.send(rawRequest('GET /health'))
    assert.equal((await connection.answer()).status, 200)
    connection.leave()
  })

  test('100 delays run side by side', async () => {
    const startedAt = performance.now()
    await Promise.all(Array.from({ length: 100 }, () => timed('/delay/200')))
    // One after the other they would take 20 s.
    assert.ok(performance.now() - startedAt < 10_000)
  })
})

suite('/delay with a second part', { concurrency: 4 }, () => {
  for (const isChunked of [false, true]) {
    test(`300 KiB ${isChunked ? 'chunked' : 'with Content-Length'} is read as 5 pieces with 4 delays`, async () => {
      const bytes = Buffer.alloc(300 * 1024, 'b')
      const body = isChunked ? [bytes.subarray(0, 1000), bytes.subarray(1000)] : bytes
      const { ms, json } = await timed('/delay/0/60', { method: 'POST', body })
      assert.ok(ms >= 4 * 60 - earlyMs, `after ${ms} ms`)
      assert.equal(json['read_chunks'], 5)
      assert.equal(json['read_delay_ms'], 60)
      assert.equal(json['duration_ms'], 0)
      assert.ok(Number(json['total_read_time_ms']) >= 4 * 60 - earlyMs)
      assert.equal(json['body_size'], bytes.length)
      assert.equal(json['body'], bytes.toString())
    })
  }

  test('a client whose body is read slowly has to wait', async () => {
    const connection = await RawConnection.open(origin().url)
    const bytes = 64 * 2 ** 20
    connection.send(rawRequest('POST /delay/0/1h', { headers: [`Content-Length: ${bytes}`] }))
    connection.send(Buffer.alloc(bytes))
    // Time in which an origin that reads on would take it all.
    await pause(1000)
    assert.ok(connection.socket.writableLength > bytes / 2, 'half of it has not left the client')
    connection.leave()
  })

  for (const [bytes, pieces] of [
    [0, 0],
    [1, 1],
    [65_536, 1],
    [65_537, 2],
    [131_072, 2],
  ] as const) {
    test(`${bytes} bytes are read as ${pieces} pieces`, async () => {
      const { ms, json } = await timed('/delay/0/40', { method: 'PUT', body: Buffer.alloc(bytes) })
      assert.equal(json['read_chunks'], pieces)
      assert.ok(ms >= Math.max(0, pieces - 1) * 40 - earlyMs, `after ${ms} ms`)
    })
  }

  test('the first piece is not waited for', async () => {
    const { json } = await timed('/delay/0/1h', { method: 'POST', body: Buffer.alloc(65_536) })
    assert.deepEqual([json['read_chunks'], json['read_delay_ms']], [1, 3_600_000])
  })

  test('both parts add up', async () => {
    const { ms, json } = await timed('/delay/100/100', {
      method: 'POST',
      body: Buffer.alloc(70_000),
    })
    assert.ok(ms >= 200 - earlyMs, `after ${ms} ms`)
    assert.deepEqual(
      [json['duration_ms'], json['read_delay_ms'], json['read_chunks']],
      [100, 100, 2],
    )
  })

  test('a body past echo.bodyLimit is read slowly too, and cut', async () => {
    const bytes = 1024 * 1024 + 100
    const { json } = await timed('/delay/0/5', { method: 'POST', body: Buffer.alloc(bytes, 'c') })
    assert.deepEqual(
      [json['body_size'], json['body_truncated'], json['read_chunks']],
      [bytes, true, 17],
    )
  })
})
