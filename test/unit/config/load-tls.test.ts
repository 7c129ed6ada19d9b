// TLS settings that make no sense together.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { loadConfig } from '../../../app/config/load.ts'

function problems(...argv: readonly string[]): readonly string[] {
  const loaded = loadConfig(argv, {})
  return 'problems' in loaded ? loaded.problems : []
}

const certificate = ['--tls-cert-file=a', '--tls-key-file=b']

test('the least version is not above the greatest', () => {
  for (const argv of [
    ['--tls-min-version=TLSv1.3', '--tls-max-version=TLSv1.2'],
    ['--tls-max-version=TLSv1.1'],
    ['--tls-min-version=TLSv1.1', '--tls-max-version=TLSv1'],
  ]) {
    assert.match(problems(...argv).join('\n'), /^tls\.minVersion, tls\.maxVersion: from [^\n]*$/)
  }
  for (const argv of [
    ['--tls-min-version=TLSv1.3'],
    ['--tls-min-version=TLSv1', '--tls-max-version=TLSv1'],
    ['--tls-max-version=TLSv1.2'],
  ]) {
    assert.deepEqual(problems(...argv), [])
  }
})

test('an unknown version is one problem, not two', () => {
  assert.match(problems('--tls-min-version=zzz').join('\n'), /^tls\.minVersion: "zzz"[^\n]*$/)
})

for (const name of ['client-ca-file', 'sni-directory'] as const) {
  test(`--tls-${name} without a certificate is a problem`, () => {
    const flag = `--tls-${name}=x`
    assert.match(problems(flag).join('\n'), /^tls\.\w+: no TLS port opens without [^\n]*$/)
    assert.equal(problems(flag, '--tls-self-signed=false').length, 1)
    assert.deepEqual(problems(flag, '--tls-self-signed'), [])
    assert.deepEqual(problems(flag, ...certificate), [])
  })
}

test('clientAuth may be set before there are authorities', () => {
  assert.deepEqual(problems('--tls-client-auth=request'), [])
})
