import assert from 'node:assert/strict'
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { test } from 'node:test'

import * as fc from 'fast-check'

import {
  type Payload,
  createBlock,
  digestPayload,
  encryptedPayload,
  keystreamPayload,
  patternPayload,
  seededPayload,
  sequentialPayload,
} from '../../../app/traffic/payload.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const huge = Number.MAX_SAFE_INTEGER

function blockOf(writeBytes: number): Uint8Array {
  return new Uint8Array(createBlock(writeBytes))
}

const block = blockOf(64 * 1024)

function pattern(bytes: number): Buffer {
  return Buffer.alloc(bytes, alphabet)
}

function keyOf(seed: number): Buffer {
  return Buffer.from(seed.toString(16).padStart(32, '0'), 'hex')
}

function keystream(seed: number, bytes: number): Buffer {
  return createCipheriv('aes-128-ctr', keyOf(seed), Buffer.alloc(16)).update(Buffer.alloc(bytes))
}

/** Keystream bytes at any position, one 16-byte block of AES at a time. */
function keystreamAt(seed: number, offset: number, bytes: number): Buffer {
  const blocks: Buffer[] = []
  const first = BigInt(offset) / 16n
  const skip = Number(BigInt(offset) % 16n)
  for (let index = 0n; index * 16n < BigInt(skip + bytes); index++) {
    const counter = Buffer.from((first + index).toString(16).padStart(32, '0'), 'hex')
    const cipher = createCipheriv('aes-128-ecb', keyOf(seed), null).setAutoPadding(false)
    blocks.push(cipher.update(counter))
  }
  return Buffer.concat(blocks).subarray(skip, skip + bytes)
}

/** Reads a payload to its end as a slow socket does: asks for much, takes part, asks for the rest. */
function readAll(payload: Payload, takes: readonly number[]): Buffer {
  const taken: Buffer[] = []
  for (let offset = 0, turn = 0; offset < payload.bytes; turn++) {
    const limit = payload.bytes - offset
    const slice = payload.slice(offset, limit)
    assert.ok(slice.length > 0, `nothing at ${offset} of ${payload.bytes}`)
    assert.ok(slice.length <= limit, `${slice.length} bytes for a limit of ${limit}`)
    const part = takes.length === 0 ? slice.length : Math.max(1, takes[turn % takes.length] ?? 1)
    const piece = Buffer.from(slice.subarray(0, part))
    taken.push(piece)
    offset += piece.length
  }
  return Buffer.concat(taken)
}

function assertSlices(payload: Payload, reference: Buffer): void {
  const asks = fc.tuple(fc.nat(reference.length - 1), fc.integer({ min: 1, max: 2 ** 40 }))
  const property = fc.property(asks, ([offset, limit]) => {
    const slice = payload.slice(offset, limit)
    assert.ok(slice.length > 0 && slice.length <= limit)
    assert.ok(slice.length <= reference.length - offset)
    assert.deepEqual(Buffer.from(slice), reference.subarray(offset, offset + slice.length))
  })
  fc.assert(property)
}

test('the alphabet payload is A-Z0-9 by position, whatever the write size and the slices', () => {
  for (const writeBytes of [1, 7, 36, 1000, 65_536]) {
    assertSlices(patternPayload(blockOf(writeBytes), 5000), pattern(5000))
  }
})

test('a keystream payload is AES-128-CTR of its seed by position, whatever the slices', () => {
  for (const seed of [1, 2 ** 32, huge]) {
    assertSlices(keystreamPayload(seed, 150_001), keystream(seed, 150_001))
  }
})

test('the slices of any reader add up to the payload', () => {
  const property = fc.property(
    fc.constantFrom(0, 1, 12_345),
    fc.nat(3000),
    fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 5 }),
    (seed, bytes, takes) => {
      const reference = seed === 0 ? pattern(bytes) : keystream(seed, bytes)
      assert.deepEqual(readAll(seededPayload(blockOf(100), seed, bytes), takes), reference)
    },
  )
  fc.assert(property)
})

test('bytes far past 4 GiB are still those of their position', () => {
  const offsets = fc.maxSafeNat().map((offset) => Math.min(offset, huge - 1))
  const property = fc.property(offsets, fc.integer({ min: 1, max: huge }), (offset, seed) => {
    const bytes = Math.min(100, huge - offset)
    const letters = patternPayload(block, huge).slice(offset, 100)
    const expected = Array.from({ length: bytes }, (_, index) =>
      alphabet.charCodeAt(Number((BigInt(offset) + BigInt(index)) % 36n)),
    )
    assert.deepEqual([...letters], expected)
    const stream = keystreamPayload(seed, huge).slice(offset, 100)
    assert.deepEqual(Buffer.from(stream), keystreamAt(seed, offset, bytes))
  })
  fc.assert(property)
})

test('the command line in the documentation makes the same keystream', () => {
  // head -c 16 /dev/zero | openssl enc -aes-128-ctr -K $(printf %032x 1) -iv 0
  const published = '0545aad56da2a97c3663d1432a3d1c84'
  assert.equal(Buffer.from(keystreamPayload(1, 16).slice(0, 16)).toString('hex'), published)
})

test('seed 0 is the alphabet and every other seed a keystream of its own', () => {
  assert.equal(Buffer.from(seededPayload(block, 0, 40).slice(0, 40)).toString(), `${alphabet}ABCD`)
  const firsts = [1, 2, 3, 2 ** 32 + 1].map((seed) =>
    Buffer.from(seededPayload(block, seed, 16).slice(0, 16)).toString('hex'),
  )
  assert.equal(new Set(firsts).size, firsts.length)
})

test('the alphabet payload is slices of the shared block, not copies', () => {
  const slice = patternPayload(block, 1000).slice(40, 100)
  assert.equal(slice.buffer, block.buffer)
  assert.ok(slice.buffer instanceof SharedArrayBuffer)
})

test('one write of the alphabet is as long as the block was made for, at any phase', () => {
  const payload = patternPayload(block, huge)
  for (let offset = 0; offset < 72; offset++) {
    assert.equal(payload.slice(offset, huge).length, 64 * 1024)
  }
})

test('a sequential payload is its pieces in order, empty ones too, to a reader that takes parts', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 20 })
  const takes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })
  const property = fc.property(pieces, takes, (list, sizes) => {
    const whole = Buffer.concat(list)
    assert.deepEqual(readAll(sequentialPayload(whole.length, list.values()), sizes), whole)
    assert.deepEqual(readAll(sequentialPayload(whole.length, list.values()), []), whole)
  })
  fc.assert(property)
})

test('a sequential payload gives the same bytes to one who asks again from the same place', () => {
  const pieces = [Buffer.from('abc'), Buffer.from('defgh')]
  const payload = sequentialPayload(8, pieces.values())
  const asked = [0, 0, 1, 2, 2, 3, 3, 5, 7, 7]
  const got = asked.map((offset) => Buffer.from(payload.slice(offset, 2)).toString())
  assert.deepEqual(got, ['ab', 'ab', 'bc', 'c', 'c', 'de', 'de', 'fg', 'h', 'h'])
})

test('a sequential payload whose pieces end too early throws instead of waiting for ever', () => {
  const payload = sequentialPayload(10, [Buffer.from('abc')].values())
  assert.throws(() => payload.slice(3, 1), RangeError)
})

test('an encrypted payload is IV and PKCS#7 blocks, of the length it said, and decrypts', () => {
  const sizes = fc.oneof(
    fc.nat(100),
    fc.constantFrom(0, 15, 16, 17, 65_535, 65_536, 65_537, 200_000),
  )
  const takes = fc.array(fc.integer({ min: 1, max: 50_000 }), { maxLength: 3 })
  const property = fc.property(sizes, takes, (bytes, parts) => {
    const payload = encryptedPayload(patternPayload(block, bytes))
    assert.equal(payload.bytes, 16 + 16 * (Math.floor(bytes / 16) + 1))
    const sealed = readAll(payload, bytes > 1000 ? [] : parts)
    assert.equal(sealed.length, payload.bytes)
    const iv = sealed.subarray(0, 16)
    const decipher = createDecipheriv('aes-128-cbc', Buffer.from('0123456789ABCDEF'), iv)
    const plain = Buffer.concat([decipher.update(sealed.subarray(16)), decipher.final()])
    assert.ok(plain.equals(pattern(bytes)))
  })
  fc.assert(property, { numRuns: 50 })
})

test('an encrypted payload is new each time', () => {
  const [one, other] = [1, 2].map(() => readAll(encryptedPayload(patternPayload(block, 10)), []))
  assert.notDeepEqual(one, other)
})

test('the digest of a payload is its SHA-256', async () => {
  const { signal } = new AbortController()
  for (const bytes of [0, 1, 36, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1, 3 * 2 ** 20 + 5]) {
    const expected = createHash('sha256').update(pattern(bytes)).digest('hex')
    const digest = await digestPayload(patternPayload(block, bytes), signal)
    assert.equal(digest.toString('hex'), expected, String(bytes))
  }
  const stream = await digestPayload(keystreamPayload(9, 100_000), signal)
  assert.deepEqual(stream, createHash('sha256').update(keystream(9, 100_000)).digest())
})

test('a digest lets other work have its turn', async () => {
  let turns = 0
  let isDone = false
  const count = (): void => {
    turns++
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)
  await digestPayload(patternPayload(block, 8 * 2 ** 20), new AbortController().signal)
  isDone = true
  assert.ok(turns >= 8, `${turns} turns in 8 MiB`)
})

test('a digest rejects with the reason when aborted, long before the end', async () => {
  const controller = new AbortController()
  const reason = new Error('gone')
  // 8 PiB: this test ends only because the digest does.
  const digest = digestPayload(patternPayload(block, huge), controller.signal)
  setImmediate(() => controller.abort(reason))
  await assert.rejects(digest, reason)
})

test('a digest asked for by one who has left already rejects, however small it is', async () => {
  const reason = new Error('gone')
  const digest = digestPayload(patternPayload(block, 10), AbortSignal.abort(reason))
  await assert.rejects(digest, reason)
})
