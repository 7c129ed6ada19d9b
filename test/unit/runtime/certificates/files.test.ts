// What is said of certificate files before they are served.
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

import type { TlsSettings } from '../../../../app/listeners/port/node-tls.ts'
import { hashFiles, readCertificates } from '../../../../app/runtime/certificates/files.ts'
import { createDirectory } from '../../../support/directory.ts'
import { issue, writePair } from '../../../support/tls-files.ts'

async function files(t: TestContext): Promise<TlsSettings & { readonly directory: string }> {
  const directory = createDirectory(t)
  const names = join(directory, 'names')
  writePair(directory, await issue('default.example'))
  writePair(join(names, 'a.example'), await issue('a.example'))
  writeFileSync(join(directory, 'ca.crt'), (await issue('ca')).cert)
  return {
    directory,
    certFile: join(directory, 'tls.crt'),
    keyFile: join(directory, 'tls.key'),
    clientCaFile: join(directory, 'ca.crt'),
    clientAuth: 'require',
    sniDirectory: names,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: undefined,
  }
}

test('valid files are described by name, subject and end', async (t) => {
  const certificates = readCertificates(await files(t))
  assert.deepEqual(
    certificates.map(({ name, subject }) => [name, subject]),
    [
      ['default', 'CN=default.example'],
      ['a.example', 'CN=a.example'],
    ],
  )
  for (const { notAfter, fingerprint256, serialNumber } of certificates) {
    assert.ok(notAfter.getTime() > Date.now())
    assert.match(fingerprint256, /^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/)
    assert.match(serialNumber, /^[0-9A-F]+$/)
  }
})

const spoilings: readonly (readonly [
  what: string,
  spoil: (
    tls: TlsSettings & { readonly directory: string },
  ) => Partial<TlsSettings> | Promise<void>,
  problem: RegExp,
])[] = [
  ['no certificate', ({ directory }) => ({ certFile: join(directory, 'no') }), /no: .*ENOENT/],
  ['a folder', ({ directory }) => ({ certFile: directory }), /cannot be used for TLS: EISDIR/],
  ['a key that is none', ({ certFile }) => ({ keyFile: certFile }), /tls\.crt: cannot be used/],
  [
    'the key of another',
    ({ directory }) => ({ keyFile: join(directory, 'names/a.example/tls.key') }),
    /a\.example\/tls\.key: is not the key of the certificate in .*tls\.crt$/,
  ],
  ['no authorities', ({ keyFile }) => ({ clientCaFile: keyFile }), /tls\.key: cannot be used/],
  ['unknown ciphers', () => ({ ciphers: 'NOPE' }), /TLS cannot be spoken with it: .*cipher/i],
  [
    'no directory of names',
    ({ directory }) => ({ sniDirectory: join(directory, 'nowhere') }),
    /^tls\.sniDirectory: ENOENT/,
  ],
  [
    'a bad certificate of a name',
    async ({ directory }) => {
      writeFileSync(join(directory, 'names/a.example/tls.crt'), 'no PEM')
    },
    /a\.example\/tls\.crt: cannot be used/,
  ],
]

for (const [what, spoil, problem] of spoilings) {
  test(`${what}: one sentence with the file`, async (t) => {
    const tls = await files(t)
    const changes = await spoil(tls)
    assert.throws(
      () => readCertificates({ ...tls, ...changes }),
      ({ message }: Error) => problem.test(message) && !message.includes('\n'),
    )
  })
}

test('the hash changes with each file, and with names that come and go', async (t) => {
  const tls = await files(t)
  const hashes = [hashFiles(tls)]
  assert.equal(hashFiles(tls), hashes[0])
  const changes: readonly (() => void)[] = [
    () => writeFileSync(tls.keyFile, 'x'),
    () => writeFileSync(tls.certFile, 'x'),
    () => writeFileSync(join(tls.directory, 'ca.crt'), 'x'),
    () => rmSync(tls.keyFile),
    () => rmSync(join(tls.directory, 'names/a.example'), { recursive: true }),
    () => writePair(join(tls.directory, 'names/b.example'), { cert: 'x', key: 'x' }),
    () => rmSync(join(tls.directory, 'names'), { recursive: true }),
  ]
  for (const change of changes) {
    change()
    hashes.push(hashFiles(tls))
  }
  assert.equal(new Set(hashes).size, hashes.length)
})
