import { X509Certificate, createHash, createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'

import {
  type TlsSettings,
  contextOptions,
  namedCertificates,
} from '../../listeners/port/node-tls.ts'
import { isShortage } from '../../look.ts'

/** A certificate that is served, for people: the log, `/configz` and metrics. */
export interface CertificateFacts {
  /** The server name it is for; `default` for all others. */
  readonly name: string
  readonly subject: string
  /** In hexadecimal, as openssl prints it. */
  readonly serialNumber: string
  readonly fingerprint256: string
  readonly notAfter: Date
}

/**
 * A hash of the content of all files that TLS ports are opened with. It differs when any of them changes, comes or goes.
 * A file that cannot be read counts as a state, too. Throws only when the process is out of files: then the state is
 * unknown.
 */
export function hashFiles(tls: TlsSettings): string {
  const hash = createHash('sha256')
  const { certFile, keyFile, clientCaFile } = tls
  let files = [certFile, keyFile, clientCaFile].filter((file) => file !== undefined)
  try {
    files = [...files, ...named(tls).flatMap((one) => [one.certFile, one.keyFile])]
  } catch (error) {
    hash.update(stateOf(error))
  }
  for (const file of files) {
    hash.update(`\0${file}\0`)
    try {
      hash.update(readFileSync(file))
    } catch (error) {
      hash.update(stateOf(error))
    }
  }
  return hash.digest('hex')
}

/**
 * Reads and checks every file that TLS ports are opened with: each key fits its certificate, the authorities parse,
 * versions and ciphers are known. Throws one sentence that names the file. The default certificate comes first.
 */
export function readCertificates(tls: TlsSettings): readonly CertificateFacts[] {
  const { certFile, keyFile, clientCaFile } = tls
  if (clientCaFile !== undefined) parse(clientCaFile, (pem) => new X509Certificate(pem))
  return [{ name: 'default', certFile, keyFile }, ...named(tls)].map((files) => {
    const certificate = parse(files.certFile, (pem) => new X509Certificate(pem))
    const key = parse(files.keyFile, (pem) => createPrivateKey(pem))
    if (!certificate.checkPrivateKey(key)) {
      throw new Error(`${files.keyFile}: is not the key of the certificate in ${files.certFile}`)
    }
    checkContext(tls, files)
    return factsOf(files.name, certificate)
  })
}

function named(tls: TlsSettings): ReturnType<typeof namedCertificates> {
  try {
    return namedCertificates(tls)
  } catch (error) {
    throw new Error(`tls.sniDirectory: ${textOf(error)}`, { cause: error })
  }
}

function parse<T>(file: string, as: (pem: Buffer) => T): T {
  try {
    return as(readFileSync(file))
  } catch (error) {
    throw new Error(`${file}: cannot be used for TLS: ${textOf(error)}`, { cause: error })
  }
}

function checkContext(tls: TlsSettings, files: Parameters<typeof contextOptions>[1]): void {
  try {
    contextOptions(tls, files)
  } catch (error) {
    throw new Error(`${files.certFile}: TLS cannot be spoken with it: ${textOf(error)}`, {
      cause: error,
    })
  }
}

function factsOf(name: string, certificate: X509Certificate): CertificateFacts {
  const { subject, serialNumber, fingerprint256, validTo } = certificate
  return {
    name,
    // Undefined for a certificate without one, although the types say otherwise.
    subject: ((subject as string | undefined) ?? '').replaceAll('\n', ', '),
    serialNumber,
    fingerprint256,
    notAfter: new Date(validTo),
  }
}

function stateOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (isShortage(cause)) throw cause
  return textOf(error)
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
