import type { NamedCertificate, TlsSettings } from '../port/node-tls.ts'

// The engine (BoringSSL) has no setting for versions. A list with only a pre-shared-key cipher, for which there is no
// key, leaves TLS 1.2 without any cipher; 1.3 has suites of its own.
const noCipherOf12 = 'ECDHE-PSK-CHACHA20-POLY1305'

/** TLS in the engine's options. The engine reads the files when an app is made of them. */
export interface EngineTls {
  readonly cert_file_name: string
  readonly key_file_name: string
  readonly ca_file_name?: string
  readonly ssl_ciphers?: string
}

/** The settings as the engine's options, for one certificate; `fastTlsGaps` says what is missing. */
export function engineTls(
  { clientCaFile, minVersion, ciphers }: TlsSettings,
  { certFile, keyFile }: Omit<NamedCertificate, 'name'>,
): EngineTls {
  const older = ciphers && olderCiphers(ciphers)
  const suites = minVersion === 'TLSv1.3' || older === '' ? noCipherOf12 : older
  return {
    cert_file_name: certFile,
    key_file_name: keyFile,
    ...(clientCaFile !== undefined && { ca_file_name: clientCaFile }),
    ...(suites !== undefined && { ssl_ciphers: suites }),
  }
}

/** Whether requests of clients without a certificate are refused here: the engine asks for one, but accepts none. */
export function mustShowCertificate({ clientCaFile, clientAuth }: TlsSettings): boolean {
  return clientCaFile !== undefined && clientAuth === 'require'
}

/** How the fast listener differs from the TLS settings: a sentence each. */
export function fastTlsGaps(settings: TlsSettings): readonly string[] {
  const { minVersion, maxVersion, ciphers, clientCaFile, sniDirectory } = settings
  const gaps: readonly (readonly [isThere: boolean, gap: string])[] = [
    [
      minVersion === 'TLSv1' || minVersion === 'TLSv1.1',
      `tls.minVersion: ${minVersion} is older than the fast listener speaks, which begins with TLSv1.2`,
    ],
    [
      maxVersion !== 'TLSv1.3',
      `tls.maxVersion: the fast listener speaks TLSv1.3 too, whatever this says (${maxVersion})`,
    ],
    [
      ciphers !== undefined && olderCiphers(ciphers) !== ciphers,
      'tls.ciphers: the fast listener chooses among the suites of TLSv1.3 itself',
    ],
    [
      mustShowCertificate(settings),
      'tls.clientAuth: the fast listener refuses a client without a certificate after the handshake, with 400 to each request',
    ],
    [
      clientCaFile !== undefined && !mustShowCertificate(settings),
      'tls.clientAuth: the fast listener takes clients without a certificate, and none with one of other authorities',
    ],
    [
      clientCaFile !== undefined,
      "tls.clientCaFile: the fast listener does not show the client's certificate in the echo; the wire listener does",
    ],
    [
      sniDirectory !== undefined,
      'tls.sniDirectory: the fast listener knows server names in lower case only',
    ],
  ]
  return gaps.filter(([isThere]) => isThere).map(([, gap]) => gap)
}

// Without the suites of TLS 1.3, which OpenSSL's list may contain.
function olderCiphers(ciphers: string): string {
  return ciphers
    .split(':')
    .filter((name) => !name.startsWith('TLS_'))
    .join(':')
}
