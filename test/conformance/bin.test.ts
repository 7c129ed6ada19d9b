import assert from 'node:assert/strict'
import { createDecipheriv, createHash } from 'node:crypto'
import { suite, test } from 'node:test'

import { type Answer, ask, jsonOf } from '../support/ask.ts'
import { alphabetBytes, seededBytes } from '../support/payloads.ts'
import { useOrigin } from '../support/shared-origin.ts'

const origin = useOrigin()

const bin = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(origin().url, `/bin/${path}`, { headers })

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

const sizes = [
  ['0', 0],
  ['1', 1],
  ['35', 35],
  ['36', 36],
  ['37', 37],
  ['1k', 1024],
  ['64K', 65_536],
  ['65537', 65_537],
  ['262144', 262_144],
  ['1M', 1_048_576],
  [`${256 * 1024 * 3 + 5}`, 256 * 1024 * 3 + 5],
  ['9m', 9 * 1_048_576],
] as const

suite('sizes', { concurrency: 2 }, () => {
  for (const [text, bytes] of sizes) {
    test(`/bin/${text} is the first ${bytes} bytes of the alphabet, with Content-Length`, async () => {
      const { status, headers, body } = await bin(text)
      assert.equal(status, 200)
      assert.equal(headers['content-length'], String(bytes))
      assert.equal(headers['content-type'], 'application/octet-stream')
      assert.equal(headers['content-disposition'], 'attachment; filename="data.bin"')
      assert.ok(body.equals(alphabetBytes(0, bytes)))
    })
    for (const flag of ['true', 'YES', '1', 'on']) {
      if (flag !== 'true' && bytes !== 37) continue
      test(`/bin/${text}?chunked=${flag} is the same, chunked`, async () => {
        const { headers, body } = await bin(`${text}?chunked=${flag}`)
        assert.equal(headers['content-length'], bytes === 0 ? '0' : undefined)
        if (bytes > 0) assert.equal(headers['transfer-encoding'], 'chunked')
        assert.ok(body.equals(alphabetBytes(0, bytes)))
      })
    }
  }

  test('a size has no upper limit below 2^53', async () => {
    for (const [text, bytes] of [
      ['10000G', 10_000 * 2 ** 30],
      ['8000t', 8000 * 2 ** 40],
      ['9007199254740991', 2 ** 53 - 1],
    ] as const) {
      const { status, headers } = await ask(origin().url, `/bin/${text}`, { method: 'HEAD' })
      assert.deepEqual([status, headers['content-length']], [200, String(bytes)])
    }
  })
})

suite('ranges', { concurrency: 2 }, () => {
  const total = 1_048_576
  for (const [range, start, end] of [
    ['bytes=0-0', 0, 1],
    ['bytes=0-', 0, total],
    ['bytes=30-77', 30, 78],
    ['bytes=71-500000', 71, 500_001],
    ['bytes=262143-262144', 262_143, 262_145],
    [`bytes=${total - 1}-`, total - 1, total],
    ['bytes=-1', total - 1, total],
    ['bytes=-100000', total - 100_000, total],
    [`bytes=-${total * 2}`, 0, total],
    [`bytes=1000-${total * 5}`, 1000, total],
  ] as const) {
    test(`Range: ${range} of 1M is 206 with just that`, async () => {
      const { status, headers, body } = await bin('1M', { range })
      assert.equal(status, 206)
      assert.equal(headers['content-range'], `bytes ${start}-${end - 1}/${total}`)
      assert.equal(headers['content-length'], String(end - start))
      assert.ok(body.equals(alphabetBytes(start, end)))
    })
  }

  test('a range far into a payload too large to send is what stands there', async () => {
    const start = 9_000 * 2 ** 30 + 7
    const { status, body } = await bin('10000G', { range: `bytes=${start}-${start + 99}` })
    assert.equal(status, 206)
    assert.ok(body.equals(alphabetBytes(start, start + 100)))
  })

  for (const range of [`bytes=${total}-`, 'bytes=-0', `bytes=${total * 9}-${total * 10}`]) {
    test(`Range: ${range} of 1M cannot be had: 416 that tells the length`, async () => {
      const { status, headers, body } = await bin('1M', { range })
      assert.equal(status, 416)
      assert.equal(headers['content-range'], `bytes */${total}`)
      assert.equal(body.length, 0)
    })
  }

  for (const range of [
    'bytes=5-4',
    'bytes=-',
    'bytes=a-b',
    'items=0-5',
    'bytes 0-5',
    'bytes=1-2,4-5',
  ]) {
    test(`Range: ${range} is ignored: 200 with the whole payload`, async () => {
      const { status, headers, body } = await bin('100', { range })
      assert.equal(status, 200)
      assert.equal(headers['content-range'], undefined)
      assert.ok(body.equals(alphabetBytes(0, 100)))
    })
  }

  test('a chunked answer ignores Range', async () => {
    const { status, body } = await bin('100?chunked=true', { range: 'bytes=1-2' })
    assert.deepEqual([status, body.length], [200, 100])
  })

  // RFC 9110 13.1.5: a validator that does not match makes the server ignore Range; no ETag matches none.
  test('If-Range with an ETag we never gave is ignored with its Range', async () => {
    const { status } = await bin('100', { range: 'bytes=1-2', 'if-range': '"other"' })
    assert.equal(status, 200)
  })

  // RFC 9110 14.2: GET is the only method with ranges.
  test('Range of a POST is ignored', async () => {
    const question = { method: 'POST', headers: { range: 'bytes=1-2' }, body: 'x' }
    assert.equal((await ask(origin().url, '/bin/100', question)).status, 200)
  })
})

suite('seeds', () => {
  for (const seed of [1, 2, 42, 2 ** 32, 2 ** 53 - 1]) {
    test(`seed ${seed} is AES-128-CTR of zeros`, async () => {
      const bytes = 200_003
      const { body } = await bin(`${bytes}?seed=${seed}`)
      assert.ok(body.equals(seededBytes(seed, bytes)))
    })
  }

  test('a range of a seed is a part of the same bytes', async () => {
    const whole = seededBytes(7, 300_000)
    for (const [start, end] of [
      [0, 16],
      [15, 17],
      [65_530, 131_080],
      [299_999, 300_000],
    ] as const) {
      const { body } = await bin('300000?seed=7', { range: `bytes=${start}-${end - 1}` })
      assert.ok(body.equals(whole.subarray(start, end)), `${start}-${end}`)
    }
  })

  test('a chunked seed is the same bytes', async () => {
    const [plain, chunked] = [await bin('1M?seed=3'), await bin('1M?seed=3&chunked=1')]
    assert.ok(plain.body.equals(chunked.body))
  })

  test('seed 0 is the alphabet', async () => {
    assert.ok((await bin('1000?seed=0')).body.equals(alphabetBytes(0, 1000)))
  })

  test('random differs each time, cannot be compressed, and X-HP-Seed makes it again', async () => {
    const [one, other] = [await bin('64K?random=true'), await bin('64K?random=true')]
    assert.notDeepEqual(one.body, other.body)
    const seed = one.headers['x-hp-seed']
    assert.match(String(seed), /^[1-9]\d*$/)
    assert.ok((await bin(`64K?seed=${String(seed)}`)).body.equals(one.body))
    assert.ok(new Set(one.body).size === 256)
  })

  test("random with a seed of one's own is that seed", async () => {
    const [one, other] = [await bin('1K?random=true&seed=9'), await bin('1K?seed=9')]
    assert.equal(one.headers['x-hp-seed'], '9')
    assert.ok(one.body.equals(other.body))
  })
})

suite('cipher, hash and digest', () => {
  for (const [size, more] of [
    ['0', ''],
    ['15', ''],
    ['16', ''],
    ['200001', ''],
    ['200001', '&seed=5'],
    ['200001', '&chunked=true'],
  ] as const) {
    test(`/bin/${size}?cipher=aes-128-cbc${more} decrypts to the payload`, async () => {
      const { headers, body } = await bin(`${size}?cipher=aes-128-cbc${more}`)
      if (!more.includes('chunked')) assert.equal(headers['content-length'], String(body.length))
      const decipher = createDecipheriv('aes-128-cbc', '0123456789ABCDEF', body.subarray(0, 16))
      const plain = Buffer.concat([decipher.update(body.subarray(16)), decipher.final()])
      const expected = await bin(`${size}?${more.replace('&chunked=true', '')}`)
      assert.ok(plain.equals(expected.body))
    })
  }

  test('a cipher body is encrypted anew for each request', async () => {
    const [one, other] = [await bin('32?cipher=aes-128-cbc'), await bin('32?cipher=aes-128-cbc')]
    assert.notDeepEqual(one.body, other.body)
  })

  for (const more of ['', '&seed=5', '&digest=true']) {
    test(`/bin/3M?hash=sha256${more} is the hex digest of the payload`, async () => {
      const { headers, body } = await bin(`3M?hash=sha256${more}`)
      const payload = await bin(`3M?${more.replace('&digest=true', '')}`)
      assert.equal(body.toString(), sha256(payload.body).toString('hex'))
      if (!more.includes('digest')) return
      assert.equal(headers['repr-digest'], `sha-256=:${sha256(body).toString('base64')}:`)
    })
  }

  for (const more of ['', '&seed=5', '&random=1']) {
    test(`/bin/3M?digest=true${more} tells the digest of what it sends`, async () => {
      const { headers, body } = await bin(`3M?digest=true${more}`)
      assert.equal(body.length, 3 * 2 ** 20)
      assert.equal(headers['repr-digest'], `sha-256=:${sha256(body).toString('base64')}:`)
    })
  }

  test('the digest of a range is that of the whole payload', async () => {
    const { status, headers, body } = await bin('1M?digest=true', { range: 'bytes=5-8' })
    assert.deepEqual([status, body.toString()], [206, 'FGHI'])
    const whole = sha256(alphabetBytes(0, 2 ** 20)).toString('base64')
    assert.equal(headers['repr-digest'], `sha-256=:${whole}:`)
  })

  test('digest with chunked needs a trailer: 501', async () => {
    const answer = await bin('1K?digest=true&chunked=true')
    assert.equal(answer.status, 501)
    assert.equal(jsonOf(answer)['code'], 'UNSUPPORTED_ON_LISTENER')
  })
})

suite('what /bin does not take', { concurrency: 2 }, () => {
  for (const path of [
    '',
    '1Q',
    '-1',
    '+1',
    '1.5K',
    '1KB',
    'K',
    '0x10',
    '1e3',
    '%31%00',
    '10/20',
    '9007199254740992',
    '8192T',
    '99999999999999999999',
    '1?chunked=',
    '1?chunked=maybe',
    '1?seed=-1',
    '1?seed=1.5',
    '1?seed=9007199254740992',
    '1?seed=1&seed=2',
    '1?random=true&seed=0',
    '1?hash=md5',
    '1?cipher=aes-256-gcm',
    '1?cipher=aes-128-cbc&digest=true',
  ]) {
    test(`/bin/${path} is 400`, async () => {
      const answer = await bin(path)
      assert.equal(answer.status, 400)
      assert.equal(jsonOf(answer)['code'], 'INVALID_REQUEST')
    })
  }
})
