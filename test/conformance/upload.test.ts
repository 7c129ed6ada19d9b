import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { suite, test } from 'node:test'

import { ask, jsonOf } from '../support/ask.ts'
import { alphabetBytes, crc32cHex, sha256 } from '../support/payloads.ts'
import { RawConnection, rawRequest } from '../support/raw.ts'
import { useOrigin } from '../support/shared-origin.ts'

const origin = useOrigin()

type Body = string | Uint8Array | readonly Uint8Array[]

async function upload(query: string, body: Body): Promise<Readonly<Record<string, unknown>>> {
  const answer = await ask(origin().url, `/upload${query}`, { method: 'POST', body })
  assert.equal(answer.status, 200, answer.body.toString())
  return jsonOf(answer)
}

function piecesOf(bytes: Buffer, size: number): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
}

/** The payload of a seed other than 0. */
function seededBytes(seed: number, bytes: number): Buffer {
  const key = Buffer.from(seed.toString(16).padStart(32, '0'), 'hex')
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes))
}

// First in the file: what checks digests is loaded when first asked for, and bodies arrive meanwhile.
test('the very first digests an origin makes are right, several at once', async () => {
  const bodies = [
    alphabetBytes(0, 10),
    alphabetBytes(3, 400_000),
    Buffer.alloc(0),
    Buffer.from('x'),
  ]
  const all = bodies.map(async (body) => {
    const json = await upload('?digest=true', body)
    assert.equal(json['bytes_received'], body.length)
    assert.equal(json['sha256'], sha256(body))
  })
  await Promise.all(all)
})

test('an upload is counted and dropped: the echo has its size and not its text', async () => {
  const json = await upload('', 'test upload data')
  assert.equal(json['body'], '')
  assert.equal(json['body_size'], 16)
  assert.equal(json['bytes_received'], 16)
  assert.equal(json['method'], 'POST')
  assert.equal(typeof json['duration_ms'], 'number')
  for (const field of ['sha256', 'crc32c', 'first_bad_offset', 'body_truncated']) {
    assert.equal(field in json, false, field)
  }
})

test('a request without a body is an upload of 0 bytes', async () => {
  const json = jsonOf(await ask(origin().url, '/upload?digest=1&seed=3'))
  assert.deepEqual([json['bytes_received'], json['first_bad_offset']], [0, -1])
  assert.equal(json['crc32c'], '00000000')
})

suite('with Content-Length and chunked alike', { concurrency: 2 }, () => {
  for (const [what, body] of [
    ['3 MB at once', (bytes: Buffer): Body => bytes],
    ['3 MB in chunks of 10,007 bytes', (bytes: Buffer): Body => piecesOf(bytes, 10_007)],
    ['3 MB in chunks of 1 MiB', (bytes: Buffer): Body => piecesOf(bytes, 2 ** 20)],
  ] as const) {
    test(`${what} is counted, digested and checked`, async () => {
      const bytes = alphabetBytes(0, 3_000_001)
      const json = await upload('?digest=true&seed=0', body(bytes))
      assert.equal(json['bytes_received'], bytes.length)
      assert.equal(json['sha256'], sha256(bytes))
      assert.equal(json['crc32c'], crc32cHex(bytes))
      assert.equal(json['first_bad_offset'], -1)
    })
  }
})

test('200 MiB is taken', async () => {
  const piece = Buffer.alloc(2 ** 20)
  const json = await upload('', Array<Uint8Array>(200).fill(piece))
  assert.equal(json['bytes_received'], 200 * 2 ** 20)
})

for (const seed of [1, 77, 2 ** 53 - 1]) {
  test(`a body that is the payload of seed ${seed} is intact`, async () => {
    const json = await upload(`?seed=${seed}`, seededBytes(seed, 500_003))
    assert.equal(json['first_bad_offset'], -1)
  })
}

suite('the first byte that is not as it should be', { concurrency: 2 }, () => {
  const bytes = 300_000
  for (const seed of [0, 5]) {
    for (const offset of [0, 1, 35, 36, 65_535, 65_536, 262_143, 262_144, bytes - 1]) {
      test(`seed ${seed}, byte ${offset} changed`, async () => {
        const body = seed === 0 ? alphabetBytes(0, bytes) : seededBytes(seed, bytes)
        body[offset] = (body[offset] ?? 0) ^ 1
        // A later one does not matter.
        if (offset < bytes - 1) body[bytes - 1] = (body[bytes - 1] ?? 0) ^ 0x80
        assert.equal((await upload(`?seed=${seed}`, body))['first_bad_offset'], offset)
      })
    }
  }

  test('a byte too many in front', async () => {
    const body = Buffer.concat([Buffer.from('!'), alphabetBytes(0, 100)])
    assert.equal((await upload('?seed=0', body))['first_bad_offset'], 0)
  })

  test('a byte lost in the middle', async () => {
    const body = Buffer.concat([alphabetBytes(0, 1000), alphabetBytes(1001, 2000)])
    assert.equal((await upload('?seed=0', body))['first_bad_offset'], 1000)
  })
})

test('a body that comes one byte at a time is put together', async () => {
  const connection = await RawConnection.open(origin().url)
  connection.socket.setNoDelay(true)
  connection.send(rawRequest('POST /upload?seed=0', { headers: ['Content-Length: 40'] }))
  for (const byte of alphabetBytes(0, 40)) {
    connection.send(Uint8Array.of(byte))
    await new Promise((resolve) => setImmediate(resolve))
  }
  const json = jsonOf(await connection.answer())
  connection.leave()
  assert.deepEqual([json['bytes_received'], json['first_bad_offset']], [40, -1])
})

for (const query of ['?digest=maybe', '?seed=-1', '?seed=x', '?seed=9007199254740992']) {
  test(`/upload${query} is 400`, async () => {
    const question = { method: 'POST', body: 'abc' }
    assert.equal((await ask(origin().url, `/upload${query}`, question)).status, 400)
  })
}
