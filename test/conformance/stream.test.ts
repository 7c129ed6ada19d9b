import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'

import { type Answer, ask, begin, jsonOf } from '../support/ask.ts'
import { alphabetBytes } from '../support/payloads.ts'
import { RawConnection, headerOf, rawRequest } from '../support/raw.ts'
import { allFreed, useOrigin } from '../support/shared-origin.ts'
import { pause, within } from '../support/wait.ts'

const origin = useOrigin()
const get = (path: string): Promise<Answer> => ask(origin().url, path)

// A timer may be early by the fraction of a millisecond its clock is coarse.
const earlyMs = 2

interface Arrival {
  readonly atMs: number
  readonly bytes: Buffer
}

/** When each chunk arrived, in milliseconds since the request was sent. */
async function arrivals(path: string): Promise<readonly Arrival[]> {
  const connection = await RawConnection.open(origin().url)
  const startedAt = performance.now()
  connection.send(rawRequest(`GET ${path}`))
  await connection.head()
  const found: Arrival[] = []
  for (let chunk = await connection.chunk(); chunk.length > 0; chunk = await connection.chunk()) {
    found.push({ atMs: performance.now() - startedAt, bytes: chunk })
  }
  connection.leave()
  return found
}

suite('/chunked', { concurrency: 4 }, () => {
  for (const query of ['', '&delay=5']) {
    test(`each chunk is one chunk on the wire${query}`, async () => {
      const connection = await RawConnection.open(origin().url)
      connection.send(rawRequest(`GET /chunked/5?size=1000${query}`))
      const answer = await connection.answer()
      connection.leave()
      assert.equal(headerOf(answer, 'content-type'), 'text/plain; charset=utf-8')
      assert.equal(headerOf(answer, 'content-length'), undefined)
      assert.deepEqual(answer.chunks, [1000, 1000, 1000, 1000, 1000])
      assert.ok(answer.body.equals(Buffer.concat(Array(5).fill(alphabetBytes(0, 1000)))))
    })
  }

  test('the delay is before every chunk but the first', async () => {
    const found = await arrivals('/chunked/5?size=10&delay=50')
    assert.equal(found.length, 5)
    for (const [index, { atMs }] of found.entries()) {
      assert.ok(atMs >= index * (50 - earlyMs), `chunk ${index} after ${atMs} ms`)
    }
  })

  test('a chunk is sent when it is due, not with the next', async () => {
    const connection = await RawConnection.open(origin().url)
    connection.send(rawRequest('GET /chunked/2?size=10&delay=1m'))
    await connection.head()
    assert.ok((await connection.chunk()).equals(alphabetBytes(0, 10)))
    connection.leave()
  })

  test('size is 1024 when left out', async () => {
    assert.equal((await get('/chunked/3')).body.length, 3072)
  })

  test('chunks larger than one write are whole, and each starts the alphabet anew', async () => {
    const { body } = await get('/chunked/3?size=600K')
    const chunk = alphabetBytes(0, 600 * 1024)
    assert.ok(body.equals(Buffer.concat([chunk, chunk, chunk])))
  })

  test('100,000 chunks of one byte arrive', async () => {
    assert.equal((await get('/chunked/100000?size=1')).body.toString(), 'A'.repeat(100_000))
  })

  test('chunks of no bytes are no chunks, because an empty one would end the body', async () => {
    const { status, body } = await get('/chunked/3?size=0')
    assert.deepEqual([status, body.length], [200, 0])
  })

  for (const path of ['', '0', '-1', 'x', '1.5', '3?size=big', '3?delay=-5', '3?delay=soon']) {
    test(`/chunked/${path} is 400`, async () => {
      const answer = await get(`/chunked/${path}`)
      assert.deepEqual([answer.status, jsonOf(answer)['code']], [400, 'INVALID_REQUEST'])
    })
  }
})

suite('/drip', { concurrency: 4 }, () => {
  test('the bytes are spread over the duration, after the delay', async () => {
    const startedAt = performance.now()
    const response = await begin(origin().url, '/drip?bytes=10&duration=400ms&delay=150ms&code=503')
    const headMs = performance.now() - startedAt
    assert.ok(headMs >= 150 - earlyMs, `the head came after ${headMs} ms`)
    assert.equal(response.statusCode, 503)
    assert.equal(response.headers['content-length'], '10')
    let text = ''
    response.on('data', (piece: Buffer) => (text += piece.toString()))
    await within('the end of the drip', once(response, 'end'))
    const endMs = performance.now() - startedAt
    assert.equal(text, 'ABCDEFGHIJ')
    assert.ok(endMs >= 550 - earlyMs, `the last byte came after ${endMs} ms`)
  })

  test('the first byte is sent when it is due, not with the last', async () => {
    const response = await begin(origin().url, '/drip?bytes=2&duration=1m')
    const [piece] = (await within('the first byte', once(response, 'data'))) as [Buffer]
    assert.equal(piece.toString(), 'A')
    response.destroy()
  })

  for (const [path, bytes] of [
    ['bytes=0&duration=10ms', 0],
    ['bytes=1&duration=20ms', 1],
    ['bytes=7&duration=0', 7],
    ['bytes=5000&duration=30ms', 5000],
    ['bytes=3000001&duration=50ms', 3_000_001],
  ] as const) {
    test(`/drip?${path} is exactly ${bytes} bytes`, async () => {
      const { status, headers, body } = await get(`/drip?${path}`)
      assert.deepEqual([status, headers['content-length']], [200, String(bytes)])
      assert.ok(body.equals(alphabetBytes(0, bytes)))
    })
  }

  test('a slow reader gets every byte of a fast drip', async () => {
    const connection = await RawConnection.open(origin().url)
    connection.socket.pause()
    connection.send(rawRequest('GET /drip?bytes=24M&duration=20ms'))
    await pause(300)
    connection.socket.resume()
    const { body } = await connection.answer()
    connection.leave()
    assert.ok(body.equals(alphabetBytes(0, 24 * 2 ** 20)))
  })

  test('a 204 has no body', async () => {
    const { status, headers } = await get('/drip?bytes=5&duration=10ms&code=204')
    assert.deepEqual([status, headers['content-length']], [204, undefined])
  })

  for (const query of ['bytes=-1', 'duration=-1', 'delay=x', 'code=99', 'code=100', 'code=600']) {
    test(`/drip?${query} is 400`, async () => {
      assert.equal((await get(`/drip?duration=0&${query}`)).status, 400)
    })
  }
})

interface Event {
  readonly seq: number
  readonly sent_at_ns: number
  readonly padding?: string
}

/** Events of /sse, read by the rules of the HTML standard as far as our stream uses them. */
function parseSse(text: string): readonly Event[] {
  const blocks = text.split('\n\n')
  assert.equal(blocks.pop(), '')
  return blocks.map((block) => {
    const match = /^id: (\d+)\ndata: (.+)$/.exec(block)
    assert.ok(match !== null, `not an event: ${block}`)
    const event = JSON.parse(match[2] ?? '') as Event
    assert.equal(match[1], String(event.seq), 'id is seq')
    return event
  })
}

function parseLines(text: string): readonly Event[] {
  assert.ok(text.endsWith('\n'))
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event)
}

for (const [path, contentType, parse] of [
  ['/sse', 'text/event-stream', parseSse],
  ['/ndjson', 'application/x-ndjson', parseLines],
] as const) {
  suite(path, { concurrency: 4 }, () => {
    test('events are numbered from 1, with the time they were sent', async () => {
      const before = BigInt(Date.now()) * 1_000_000n
      const { headers, body } = await get(`${path}?count=5&interval=30`)
      const after = BigInt(Date.now() + 1) * 1_000_000n
      assert.equal(headers['content-type'], contentType)
      assert.equal(headers['cache-control'], 'no-store')
      const text = body.toString()
      const events = parse(text)
      assert.deepEqual(
        events.map(({ seq }) => seq),
        [1, 2, 3, 4, 5],
      )
      // As text, because a double does not hold nanoseconds since 1970.
      const times = [...text.matchAll(/"sent_at_ns":(\d+)/g)].map((match) => BigInt(match[1] ?? 0))
      // Clocks of two processes on one machine may differ by a few milliseconds of drift.
      assert.ok((times[0] ?? 0n) >= before - 50_000_000n && (times[4] ?? 0n) <= after + 50_000_000n)
      for (const [index, time] of times.entries()) {
        const earlier = times[index - 1]
        if (earlier !== undefined) assert.ok(time > earlier, `event ${index + 1}`)
      }
    })

    test('each event is sent when it is due, and not before', async () => {
      const found = await arrivals(`${path}?count=3&interval=100`)
      assert.equal(found.length, 3)
      for (const [index, { atMs, bytes }] of found.entries()) {
        assert.ok(atMs >= index * 100 - earlyMs, `event ${index + 1} after ${atMs} ms`)
        assert.equal(parse(bytes.toString())[0]?.seq, index + 1)
      }
    })

    test('an event does not wait for the next', async () => {
      const connection = await RawConnection.open(origin().url)
      connection.send(rawRequest(`GET ${path}?count=2&interval=1m`))
      await connection.head()
      assert.equal(parse((await connection.chunk()).toString())[0]?.seq, 1)
      connection.leave()
    })

    test('size pads each event with that many bytes', async () => {
      for (const size of [1, 100, 300_000]) {
        const { body } = await get(`${path}?count=2&interval=0&size=${size}`)
        for (const { padding } of parse(body.toString())) {
          assert.equal(padding, alphabetBytes(0, size).toString())
        }
      }
    })

    test('10,000 events without an interval arrive in order', async () => {
      const events = parse((await get(`${path}?count=10000&interval=0`)).body.toString())
      assert.equal(events.length, 10_000)
      assert.ok(events.every(({ seq }, index) => seq === index + 1))
    })

    for (const query of ['count=-1', 'count=x', 'interval=-1', 'size=2M', 'count=1&count=2']) {
      test(`?${query} is 400`, async () => {
        assert.equal((await get(`${path}?${query}`)).status, 400)
      })
    }
  })
}

for (const path of ['/sse', '/ndjson']) {
  test(`count=0 of ${path} goes on until the client leaves`, async () => {
    const connection = await RawConnection.open(origin().url)
    connection.send(rawRequest(`GET ${path}?count=0&interval=1`))
    await connection.head()
    for (let seq = 1; seq <= 50; seq++) {
      assert.ok((await connection.chunk()).toString().includes(`"seq":${seq},`))
    }
    connection.leave()
    await allFreed(origin())
  })
}
