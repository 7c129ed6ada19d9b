// Settings change while the origin serves: whatever is written there, it serves on and says little.
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { ask } from '../support/ask.ts'
import { startOrigin } from '../support/origin.ts'
import { createDirectory } from '../support/programs.ts'
import { within } from '../support/wait.ts'

// As much as 100 problems of 600 characters come to, with the rest of the page.
const mostBytes = 100_000

const hostile: readonly (readonly [what: string, text: string | Buffer, says: RegExp])[] = [
  ['refers to itself', 'log: &l {level: warn, more: *l}\n', /log\.more refers to itself/],
  [
    'is a bomb of aliases',
    `a: &a {z: 1}\n${'bcdefghij'.replaceAll(/./g, (name) => {
      const before = String.fromCharCode(name.charCodeAt(0) - 1)
      return `${name}: &${name} {${[0, 1, 2, 3, 4, 5].map((key) => `k${key}: *${before}`).join()}}\n`
    })}`,
    /more than 10000 values/,
  ],
  ['is nested without end', '{a: '.repeat(60_000), /config: file \S+ cannot be read/],
  ['is too large', '#'.repeat(300_000), /larger than 256K/],
  ['is no text', Buffer.from([0xff, 0xfe, 0x61, 0]), /byte 0xFF at offset 0; it looks like UTF-16/],
  [
    'has nine thousand wrong names',
    Array.from({ length: 9000 }, (_, index) => `n${index}: ${index}\n`).join(''),
    /n0: is not a setting/,
  ],
]

test('a settings file that is hostile is refused in few words, and the last good one kept', async (t) => {
  const directory = createDirectory(t)
  const file = join(directory, 'app.yaml')
  writeFileSync(file, 'limits.count: 1\n')
  const origin = await startOrigin(t, { config: file })
  const { admin, http } = origin.ports
  for (const [what, text, says] of hostile) {
    writeFileSync(file, text)
    const line = await within(
      `${what}: refused`,
      origin.waitForLog((one) => one.msg === 'settings rejected' && says.test(JSON.stringify(one))),
    )
    assert.ok(JSON.stringify(line).length < mostBytes, what)
    const page = await ask(admin, '/configz')
    assert.ok(page.body.length < mostBytes, `${what}: /configz has ${page.body.length} bytes`)
    assert.match(page.body.toString(), says)
    assert.match(page.body.toString(), /"limits.count": "1"/)
    assert.equal((await ask(http, '/')).status, 200)
  }
  rmSync(file)
  writeFileSync(file, 'x-few: &few {count: 2}\nlimits: {<<: *few}\n')
  const applied = await within(
    'applied',
    origin.waitForLog(({ msg }) => msg === 'settings applied'),
  )
  assert.deepEqual(applied['changed'], ['limits.count'])
})
