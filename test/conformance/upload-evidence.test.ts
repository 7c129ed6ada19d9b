import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { suite, test } from 'node:test'

import { ask, jsonOf } from '../support/ask.ts'
import { alphabetBytes } from '../support/payloads.ts'
import { RawConnection, rawRequest } from '../support/raw.ts'
import { scrape } from '../support/scrape.ts'
import { useOrigin } from '../support/shared-origin.ts'
import { until } from '../support/wait.ts'

const origin = useOrigin()

const right = 'E8DAIWStx55pXX9qp5pRxAu69Vq5D/tLpdQbwaeEwlc='
const wrong = `AAAA${right.slice(4)}`

interface Timing {
  readonly first_byte_ms: number
  readonly last_byte_ms: number
  readonly end_ms: number
  readonly continue_ms: number | null
  readonly piece_count: number
  readonly pieces: readonly (readonly [number, number])[]
  readonly pieces_cut: boolean
}

function digestOf(bytes: Buffer): string {
  return `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`
}

async function bytesRead(): Promise<number> {
  return (await scrape(origin())).value('hpdummy_bytes_total', { direction: 'in' }) ?? 0
}

for (const listener of ['http', 'wire'] as const) {
  suite(listener, () => {
    for (const [digest, ok] of [
      [right, true],
      [wrong, false],
    ] as const) {
      test(`a body and the digest of ${ok ? 'it' : 'another'}: digest_ok is ${ok}`, async () => {
        for (const field of ['Content-Digest', 'Repr-Digest']) {
          const headers = { [field]: `sha-256=:${digest}:` }
          const question = { method: 'POST', headers, body: 'ABCDEFGHIX' }
          const json = jsonOf(await ask(origin().ports[listener], '/upload', question))
          assert.deepEqual([json['digest_ok'], json['digest_algorithm']], [ok, 'sha-256'])
        }
      })
    }

    test('without a digest there is none to tell of', async () => {
      const json = jsonOf(
        await ask(origin().ports[listener], '/upload', { method: 'POST', body: 'x' }),
      )
      assert.ok(!('digest_ok' in json) && !('timing' in json))
    })

    test('timing=true tells of each piece as it was read', async () => {
      const connection = await RawConnection.open(`http://127.0.0.1:${origin().ports[listener]}`)
      connection.send(rawRequest('POST /upload?timing=true', { headers: ['Content-Length: 9'] }))
      const before = await bytesRead()
      for (const [index, piece] of ['abc', 'def', 'ghi'].entries()) {
        connection.send(piece)
        // The next only when this one was read, so that the kernel cannot join them.
        const wanted = before + 3 * (index + 1)
        await until(`${piece} was read`, bytesRead, { holds: (bytes) => bytes >= wanted })
      }
      const { timing } = JSON.parse((await connection.answer()).body.toString()) as {
        readonly timing: Timing
      }
      connection.leave()
      const { pieces, piece_count: count, pieces_cut: isCut, continue_ms: continued } = timing
      assert.deepEqual([pieces.map(([, bytes]) => bytes), count, isCut], [[3, 3, 3], 3, false])
      assert.equal(continued, null)
      const times = [...pieces.map(([ms]) => ms), timing.end_ms]
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      )
      assert.deepEqual([timing.first_byte_ms, timing.last_byte_ms], [times[0], times[2]])
    })

    test('QUERY is a method like any other, and Incremental is shown', async () => {
      const headers = { incremental: '?1', 'content-type': 'text/plain' }
      const question = { method: 'QUERY', headers, body: 'color = red' }
      const json = jsonOf(await ask(origin().ports[listener], '/contacts', question))
      assert.deepEqual(
        [json['method'], json['body'], json['incremental']],
        ['QUERY', 'color = red', true],
      )
      for (const [value, shown] of [
        ['?0', false],
        ['?1;x=1', true],
        ['1', undefined],
      ] as const) {
        const answer = await ask(origin().ports[listener], '/', { headers: { incremental: value } })
        assert.equal(jsonOf(answer)['incremental'], shown, value)
      }
    })

    for (const path of ['/sse?count=1', '/ndjson?count=1', '/chunked/1', '/drip?duration=1']) {
      test(`${path} says Incremental when the request does`, async () => {
        const port = origin().ports[listener]
        const asked = await ask(port, path, { headers: { incremental: '?1' } })
        assert.equal(asked.headers['incremental'], '?1')
        assert.equal((await ask(port, path)).headers['incremental'], undefined)
      })
    }

    test('a whole payload has two digests that agree, a part one of its own, HEAD none of content', async () => {
      const port = origin().ports[listener]
      const whole = await ask(port, '/bin/1000?digest=true')
      const part = await ask(port, '/bin/1000?digest=true', { headers: { range: 'bytes=10-19' } })
      const head = await ask(port, '/bin/1000?digest=true', { method: 'HEAD' })
      const repr = digestOf(alphabetBytes(0, 1000))
      for (const { headers } of [whole, part, head]) assert.equal(headers['repr-digest'], repr)
      assert.equal(whole.headers['content-digest'], repr)
      assert.equal(part.headers['content-digest'], digestOf(alphabetBytes(10, 20)))
      assert.equal(head.headers['content-digest'], undefined)
    })
  })
}

suite('only on the wire listener', () => {
  test('a digest may come as a trailer', async () => {
    for (const [digest, ok] of [
      [right, true],
      [wrong, false],
    ] as const) {
      const connection = await RawConnection.open(`http://127.0.0.1:${origin().ports.wire}`)
      const headers = ['Transfer-Encoding: chunked', 'Trailer: Repr-Digest']
      const body = `a\r\nABCDEFGHIX\r\n0\r\nRepr-Digest: sha-256=:${digest}:\r\n\r\n`
      connection.send(rawRequest('POST /upload', { headers, body }))
      const json = JSON.parse((await connection.answer()).body.toString()) as object
      connection.leave()
      const told = json as Readonly<Record<string, unknown>>
      assert.equal(told['digest_ok'], ok)
      assert.deepEqual(told['raw_trailers'], [['Repr-Digest', `sha-256=:${digest}:`]])
    }
  })

  test('a chunked payload has both digests behind it', async () => {
    const { trailers, headers } = await ask(origin().ports.wire, '/bin/1000?digest=true&chunked=1')
    const digest = digestOf(alphabetBytes(0, 1000))
    assert.deepEqual([trailers['repr-digest'], trailers['content-digest']], [digest, digest])
    assert.equal(headers['repr-digest'], undefined)
  })

  test('timing=true tells when 100 was sent', async () => {
    const connection = await RawConnection.open(`http://127.0.0.1:${origin().ports.wire}`)
    const headers = ['Content-Length: 3', 'Expect: 100-continue']
    connection.send(rawRequest('POST /upload?timing=true', { headers }))
    assert.equal((await connection.head()).status, 100)
    connection.send('abc')
    const { timing } = JSON.parse((await connection.answer()).body.toString()) as {
      readonly timing: Timing
    }
    connection.leave()
    assert.ok(timing.continue_ms !== null && timing.continue_ms <= timing.first_byte_ms)
  })
})
