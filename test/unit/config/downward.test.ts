import assert from 'node:assert/strict'
import { test } from 'node:test'

import { loadConfig } from '../../../app/config/load.ts'

const env = {
  POD_NAME: 'hpdummy-7d9f-x2x4z',
  POD_NAMESPACE: 'load',
  NODE_NAME: 'node-1',
  NODE_ZONE: '',
  POD_VERSION: 'not one word',
}

function identityWith(argv: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const loaded = loadConfig(argv, { ...env, ...more })
  if ('problems' in loaded) return assert.fail(loaded.problems.join('\n'))
  const { config, origins } = loaded
  return ['pod', 'namespace', 'node', 'zone', 'version'].map((part) => {
    const name = `identity.${part}` as 'identity.pod'
    return [config[name], origins[name]]
  })
}

test('identity comes from the downward API; empty values and invalid names count as unset', () => {
  assert.deepEqual(identityWith([]), [
    ['hpdummy-7d9f-x2x4z', 'POD_NAME'],
    ['load', 'POD_NAMESPACE'],
    ['node-1', 'NODE_NAME'],
    [undefined, 'default'],
    [undefined, 'default'],
  ])
})

test('every other layer is above it', () => {
  const given = identityWith(['--identity-pod=a'], { HPDUMMY_IDENTITY_NODE: 'b' })
  assert.deepEqual(given[0], ['a', '--identity-pod'])
  assert.deepEqual(given[2], ['b', 'HPDUMMY_IDENTITY_NODE'])
})

test('a value that a header cannot carry is refused', () => {
  const loaded = loadConfig(['--identity-zone=eu 1a'], {})
  assert.ok('problems' in loaded)
  assert.match(loaded.problems.join(), /^identity\.zone: "eu 1a" is wrong; use up to 253 visible/)
})
