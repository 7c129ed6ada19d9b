// What the fast engine is told of tls.*, and what is said of the rest.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { engineTls, fastTlsGaps, mustShowCertificate } from '../../../../app/listeners/fast/tls.ts'
import type { TlsSettings } from '../../../../app/listeners/port/node-tls.ts'

const plain: TlsSettings = {
  certFile: '/tls.crt',
  keyFile: '/tls.key',
  clientCaFile: undefined,
  clientAuth: 'require',
  sniDirectory: undefined,
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: undefined,
}

const without12 = 'ECDHE-PSK-CHACHA20-POLY1305'

test('the engine gets the files, and no option that is not set', () => {
  assert.deepEqual(engineTls(plain, plain), {
    cert_file_name: '/tls.crt',
    key_file_name: '/tls.key',
  })
  const { ca_file_name: authorities } = engineTls({ ...plain, clientCaFile: '/ca.crt' }, plain)
  assert.equal(authorities, '/ca.crt')
})

for (const [settings, ciphers] of [
  [{ ciphers: 'AES128-SHA' }, 'AES128-SHA'],
  [{ ciphers: 'TLS_AES_128_GCM_SHA256:AES128-SHA' }, 'AES128-SHA'],
  // OpenSSL speaks TLS 1.3 alone then, too.
  [{ ciphers: 'TLS_AES_128_GCM_SHA256' }, without12],
  [{ minVersion: 'TLSv1.3' }, without12],
  [{ minVersion: 'TLSv1.3', ciphers: 'AES128-SHA' }, without12],
] as const) {
  test(`the engine's ciphers with ${JSON.stringify(settings)} are ${ciphers}`, () => {
    assert.equal(engineTls({ ...plain, ...settings }, plain).ssl_ciphers, ciphers)
  })
}

for (const [settings, gaps] of [
  [{}, []],
  [{ minVersion: 'TLSv1.3', ciphers: 'AES128-SHA' }, []],
  [{ minVersion: 'TLSv1.1' }, ['tls.minVersion']],
  [{ maxVersion: 'TLSv1.2' }, ['tls.maxVersion']],
  [{ ciphers: 'TLS_AES_128_GCM_SHA256' }, ['tls.ciphers']],
  [{ clientCaFile: '/ca.crt' }, ['tls.clientAuth', 'tls.clientCaFile']],
  [{ clientCaFile: '/ca.crt', clientAuth: 'request' }, ['tls.clientAuth', 'tls.clientCaFile']],
  [{ sniDirectory: '/names' }, ['tls.sniDirectory']],
] as const) {
  test(`a sentence each is said of ${JSON.stringify(settings)}`, () => {
    const found = fastTlsGaps({ ...plain, ...settings })
    assert.deepEqual(
      found.map((gap) => gap.slice(0, gap.indexOf(':'))),
      gaps,
    )
  })
}

test('a certificate must be shown only where there are authorities and they are required', () => {
  const clientCaFile = '/ca.crt'
  assert.equal(mustShowCertificate(plain), false)
  assert.equal(mustShowCertificate({ ...plain, clientCaFile }), true)
  assert.equal(mustShowCertificate({ ...plain, clientCaFile, clientAuth: 'request' }), false)
})
