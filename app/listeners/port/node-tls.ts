import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  type SecureContext,
  type SecureContextOptions,
  type SecureVersion,
  type Server,
  type TLSSocket,
  createSecureContext,
  createServer,
} from 'node:tls'

import { headMs } from './waits.ts'

/** What TLS ports are opened with (settings `tls.*`); files are PEM. */
export interface TlsSettings {
  readonly certFile: string
  readonly keyFile: string
  readonly clientCaFile: string | undefined
  /** With a clientCaFile: `require` refuses clients without a certificate, `request` only asks. */
  readonly clientAuth: 'require' | 'request'
  /** A folder per server name, `a.example` or `*.example`, each with tls.crt and tls.key. */
  readonly sniDirectory: string | undefined
  readonly minVersion: SecureVersion
  readonly maxVersion: SecureVersion
  readonly ciphers: string | undefined
}

/** One server name and its certificate. */
export interface NamedCertificate {
  readonly name: string
  readonly certFile: string
  readonly keyFile: string
}

/** The certificates that a sniDirectory holds; folders without both files are skipped. */
export function namedCertificates({
  sniDirectory,
}: Pick<TlsSettings, 'sniDirectory'>): readonly NamedCertificate[] {
  if (sniDirectory === undefined) return []
  // Kubernetes keeps the files of a mount in hidden folders beside the names.
  return readdirSync(sniDirectory)
    .filter((name) => !name.startsWith('.'))
    .map((name) => ({
      name: name.toLowerCase(),
      certFile: join(sniDirectory, name, 'tls.crt'),
      keyFile: join(sniDirectory, name, 'tls.key'),
    }))
    .filter(({ certFile, keyFile }) => existsSync(certFile) && existsSync(keyFile))
}

/** What a TLS server of this worker is made with besides its certificates. */
export interface TlsServerOptions {
  /** In order of preference; none when absent. */
  readonly alpn?: readonly string[]
  readonly onConnection: (socket: TLSSocket) => void
}

/**
 * The certificates of this worker's TLS ports on Node's own engine. `renew` reads all files again and
 * uses the new ones for new connections; open connections keep what they agreed on.
 */
export class TlsContexts {
  readonly #settings: TlsSettings
  readonly #servers = new Set<Server>()
  #named: ReadonlyMap<string, SecureContext> = new Map()

  constructor(settings: TlsSettings) {
    this.#settings = settings
    this.#named = this.#readNamed()
  }

  /** Not listening: connections are handed to it with `emit('connection', socket)`. */
  createServer({ alpn, onConnection }: TlsServerOptions): Server {
    const { clientCaFile, clientAuth } = this.#settings
    const server = createServer({
      ...contextOptions(this.#settings, this.#settings),
      handshakeTimeout: headMs,
      requestCert: clientCaFile !== undefined,
      rejectUnauthorized: clientCaFile !== undefined && clientAuth === 'require',
      SNICallback: (name, give) => give(null, this.#contextFor(name.toLowerCase())),
      ...(alpn && { ALPNProtocols: [...alpn] }),
    })
    server.on('secureConnection', onConnection)
    // A handshake that fails is the client's affair; its connection ends with it.
    server.on('tlsClientError', (_error, socket) => socket.destroy())
    this.#servers.add(server)
    return server
  }

  /** Throws what is wrong with the files; then nothing has changed. */
  renew(): void {
    const options = contextOptions(this.#settings, this.#settings)
    this.#named = this.#readNamed()
    for (const server of this.#servers) server.setSecureContext(options)
  }

  #contextFor(name: string): SecureContext | undefined {
    // A wildcard stands for one label, the leftmost (RFC 9525 6.3).
    const dot = name.indexOf('.')
    return this.#named.get(name) ?? (dot < 0 ? undefined : this.#named.get(`*${name.slice(dot)}`))
  }

  #readNamed(): ReadonlyMap<string, SecureContext> {
    return new Map(
      namedCertificates(this.#settings).map(({ name, ...files }) => [
        name,
        createSecureContext(contextOptions(this.#settings, files)),
      ]),
    )
  }
}

/** The TLS context for one certificate, whose files are read now; throws what is wrong with any of it. */
export function contextOptions(
  { clientCaFile, minVersion, maxVersion, ciphers }: TlsSettings,
  { certFile, keyFile }: Omit<NamedCertificate, 'name'>,
): SecureContextOptions {
  const options = {
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    minVersion,
    maxVersion,
    ...(ciphers !== undefined && { ciphers }),
    ...(clientCaFile !== undefined && { ca: readFileSync(clientCaFile) }),
  }
  createSecureContext(options)
  return options
}
