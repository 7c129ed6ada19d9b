import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'

/** Files with a certificate for this host's names and loopback, and their removal. */
export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
  remove(): void
}

/** Makes a self-signed certificate (P-256, 30 days) as files only this user can read, because the engine takes files. */
export async function createCertificate(): Promise<CertificateFiles> {
  const { generate } = await import('selfsigned')
  const names = [...new Set(['localhost', hostname()])]
  const pem = await generate([{ name: 'commonName', value: 'hpdummy' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + 30 * 24 * 3600 * 1000),
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          ...names.map((value) => ({ type: 2 as const, value })),
          { type: 7 as const, ip: '127.0.0.1' },
          { type: 7 as const, ip: '::1' },
        ],
      },
    ],
  })
  const directory = mkdtempSync(join(tmpdir(), 'hpdummy-tls-'))
  const [certFile, keyFile] = [join(directory, 'tls.crt'), join(directory, 'tls.key')]
  writeFileSync(certFile, pem.cert, { mode: 0o600 })
  writeFileSync(keyFile, pem.private, { mode: 0o600 })
  return { certFile, keyFile, remove: () => rmSync(directory, { recursive: true, force: true }) }
}
