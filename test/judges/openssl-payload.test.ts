// A seed's payload is what the openssl program makes of the same key.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

import { startOrigin } from '../support/origin.ts'
import { keyOf, seededBytes } from '../support/payloads.ts'
import { toolPath, without } from '../support/tools.ts'

const bytes = 200_003

test('a seed is what openssl makes of it', { skip: without('openssl') }, async (t) => {
  const { url } = await startOrigin(t)
  for (const seed of [1, 42, 2 ** 32, 2 ** 53 - 1]) {
    const words = ['enc', '-aes-128-ctr', '-K', keyOf(seed), '-iv', '0', '-nosalt']
    const { stdout } = spawnSync(toolPath('openssl'), words, {
      input: Buffer.alloc(bytes),
      maxBuffer: bytes + 1024,
    })
    assert.ok(stdout.equals(seededBytes(seed, bytes)), `seed ${seed} as the other tests make it`)
    const answer = await fetch(`${url}/bin/${bytes}?seed=${seed}`)
    assert.ok(stdout.equals(Buffer.from(await answer.arrayBuffer())), `seed ${seed}`)
  }
})
