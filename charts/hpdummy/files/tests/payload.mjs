// A payload has its size and its bytes, which are a keystream anybody can make: AES-128-CTR, key = seed.
import assert from 'node:assert/strict'
import { createCipheriv, createHash } from 'node:crypto'

const [size, seed] = [4 * 2 ** 20, 7]
const key = Buffer.from(seed.toString(16).padStart(32, '0'), 'hex')
const wanted = createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size))

const answer = await fetch(`${process.env.ORIGIN}/bin/${size}?seed=${seed}`, {
  signal: AbortSignal.timeout(60_000),
})
assert.equal(answer.status, 200)
assert.equal(answer.headers.get('content-length'), String(size))
const got = Buffer.from(await answer.arrayBuffer())
assert.equal(got.length, size)
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')
assert.equal(sha256(got), sha256(wanted))
process.stdout.write(`${size} bytes, sha256 ${sha256(got)}\n`)
