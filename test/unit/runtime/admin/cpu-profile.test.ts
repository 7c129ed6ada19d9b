import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parseProfile } from '../../../../app/runtime/admin/cpu-profile.ts'

test('a profile is read though V8 does not escape the backslashes of regular expressions', () => {
  const text = String.raw`{"nodes":[{"callFrame":{"functionName":"RegExp: ^[\x21-\x7e]\w \\ \" \u00e9"}}]}`
  const [node] = parseProfile(text).nodes
  assert.equal(node?.callFrame.functionName, String.raw`RegExp: ^[\x21-\x7e]\w \ " é`)
})
