import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Config } from '../../config/settings.ts'
import type { TlsSettings } from '../../listeners/port/node-tls.ts'

/** A certificate and its key as files, and their removal, if they are ours. */
export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
  readonly remove: () => void
}

/** What TLS ports are opened with, from the settings and the files that they name. */
export function tlsSettings(
  config: Config,
  { certFile, keyFile }: Pick<CertificateFiles, 'certFile' | 'keyFile'>,
): TlsSettings {
  return {
    certFile,
    keyFile,
    clientCaFile: config['tls.clientCaFile'],
    clientAuth: config['tls.clientAuth'],
    sniDirectory: config['tls.sniDirectory'],
    minVersion: config['tls.minVersion'],
    maxVersion: config['tls.maxVersion'],
    ciphers: config['tls.ciphers'],
  }
}

/** The certificate for TLS ports: the one given, or one made now; undefined when none is asked for. */
export async function certificateFiles(config: Config): Promise<CertificateFiles | undefined> {
  const [certFile, keyFile] = [config['tls.certFile'], config['tls.keyFile']]
  if (certFile !== undefined && keyFile !== undefined)
    return { certFile, keyFile, remove: () => {} }
  return config['tls.selfSigned'] ? createCertificate() : undefined
}

// Self-signed, for this host's names and loopback (P-256, 30 days). They are files that only this user can read,
// because the engine takes files.
async function createCertificate(): Promise<CertificateFiles> {
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
  return keep(pem)
}

// Where a file can be written. The second place is memory: it works when a container's root is read-only, or when the
// disk of the first is full.
const places = (): readonly string[] => [tmpdir(), '/dev/shm']

/** Writes files that only this user can read, in the first place that accepts them. */
function keep({
  cert,
  private: key,
}: {
  readonly cert: string
  readonly private: string
}): CertificateFiles {
  const troubles: string[] = []
  for (const place of places()) {
    let directory: string | undefined
    const remove = (): void => {
      if (directory !== undefined) rmSync(directory, { recursive: true, force: true })
    }
    try {
      directory = mkdtempSync(join(place, 'hpdummy-tls-'))
      const [certFile, keyFile] = [join(directory, 'tls.crt'), join(directory, 'tls.key')]
      writeFileSync(certFile, cert, { mode: 0o600 })
      writeFileSync(keyFile, key, { mode: 0o600 })
      return { certFile, keyFile, remove }
    } catch (error) {
      remove()
      troubles.push(error instanceof Error ? error.message : String(error))
    }
  }
  throw new Error(
    `tls.selfSigned: the certificate cannot be put anywhere (${troubles.join('; ')}); set TMPDIR to a directory that can be written to`,
  )
}
