import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import type { Config } from '../../config/settings.ts'
import { fastTlsGaps } from '../../listeners/fast/tls.ts'
import type { TlsSettings } from '../../listeners/port/node-tls.ts'
import { isShortage, look } from '../../look.ts'
import type { Logger } from '../../telemetry/log.ts'
import { ConfigWatch } from '../reload/config-watch.ts'
import { certificateFiles, tlsSettings } from './certificate.ts'
import { type CertificateFacts, hashFiles, readCertificates } from './files.ts'

/** Which files are watched, and the callbacks. */
export interface CertificatesOptions {
  readonly tls: TlsSettings
  readonly log: Logger
  /** The files have changed and are valid. */
  readonly onRenewed: () => void
  /** Removes the files, if they are ours. */
  readonly remove: () => void
}

/**
 * The certificates that the settings ask for; undefined when they ask for none. Rejects with a sentence that names the
 * file that is not valid. Warns of what the fast listener cannot do.
 */
export async function openCertificates(
  config: Config,
  log: Logger,
  onRenewed: () => void,
): Promise<Certificates | undefined> {
  const files = await certificateFiles(config)
  if (files === undefined) return undefined
  const tls = tlsSettings(config, files)
  const gaps = fastTlsGaps(tls)
  if (gaps.length > 0) log.warn({ gaps }, 'the fast listener cannot follow all of tls.*')
  try {
    return new Certificates({ tls, log, onRenewed, remove: files.remove })
  } catch (error) {
    files.remove()
    throw error
  }
}

// One look covers the events and the polls of all folders that changed together.
const gatherMs = 20

// When the process has no file left to look with.
const againMs = 1000

/**
 * Follows the certificate files while we serve. cert-manager's renewals arrive when the kubelet swaps a mounted Secret,
 * other tools write files in place. New certificates are served as soon as all files are valid; until then the previous
 * ones are served.
 */
export class Certificates {
  readonly #options: CertificatesOptions
  readonly #watches = new Map<string, ConfigWatch>()
  #certificates: readonly CertificateFacts[]
  #servedHash: string
  #lookedHash: string
  #problem: string | undefined
  #gathering: NodeJS.Timeout | undefined
  #isClosed = false

  /** Reads the files; throws what is wrong with them. */
  constructor(options: CertificatesOptions) {
    this.#options = options
    // Hashed before the files are read, so that the first look notices a change in between.
    this.#servedHash = hashFiles(options.tls)
    this.#lookedHash = this.#servedHash
    this.#certificates = readCertificates(options.tls)
  }

  /** What TLS ports are opened with. */
  get tls(): TlsSettings {
    return this.#options.tls
  }

  /** What is served now: the default first. */
  get served(): readonly CertificateFacts[] {
    return this.#certificates
  }

  /** For /configz: what is served, what is wrong with the files, and which settings the fast listener ignores. */
  get status(): object {
    return {
      certificates: this.#certificates,
      problem: this.#problem ?? null,
      gaps: fastTlsGaps(this.#options.tls),
    }
  }

  /** Begins to follow. A change since the files were read is noticed at once. */
  follow(): void {
    this.#look()
  }

  /** Stops following, and removes the files that we made. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#gathering)
    for (const watch of this.#watches.values()) watch.close()
    this.#watches.clear()
    this.#options.remove()
  }

  #look(): void {
    this.#gathering = undefined
    if (this.#isClosed) return
    // Before the files are read, so that a change during this look leads to another one.
    this.#watchPlaces()
    const hash = look(() => hashFiles(this.#options.tls))
    if (hash === undefined) return this.#lookSoon(againMs)
    if (hash === this.#lookedHash) return
    const before = this.#lookedHash
    this.#lookedHash = hash
    try {
      this.#certificates = readCertificates(this.#options.tls)
      this.#serve(hash)
    } catch (error) {
      if (error instanceof Error && isShortage(error.cause)) {
        this.#lookedHash = before
        return this.#lookSoon(againMs)
      }
      this.#problem = error instanceof Error ? error.message : String(error)
      this.#options.log.error(
        { problem: this.#problem },
        'the certificate files cannot be used; the previous certificate is still served',
      )
    }
  }

  #serve(hash: string): void {
    const { log, onRenewed } = this.#options
    if (this.#problem !== undefined) log.info('the certificate files can be used again')
    this.#problem = undefined
    if (hash === this.#servedHash) return
    this.#servedHash = hash
    onRenewed()
    log.info({ certificates: this.#certificates }, 'certificates renewed')
  }

  #watchPlaces(): void {
    const places = new Set(this.#places())
    for (const [place, watch] of this.#watches) {
      if (places.has(place)) continue
      watch.close()
      this.#watches.delete(place)
    }
    for (const place of places) {
      if (this.#watches.has(place)) continue
      this.#watches.set(place, new ConfigWatch(place, () => this.#lookSoon()))
    }
  }

  #lookSoon(afterMs = gatherMs): void {
    this.#gathering ??= setTimeout(() => this.#look(), afterMs).unref()
  }

  #places(): readonly string[] {
    const { certFile, keyFile, clientCaFile, sniDirectory } = this.#options.tls
    const places = [certFile, keyFile, clientCaFile, sniDirectory]
    return [...places, ...foldersIn(sniDirectory)].filter((place) => place !== undefined)
  }
}

// Includes folders that hold no certificates yet. Hidden folders are the kubelet's own.
function foldersIn(directory: string | undefined): readonly string[] {
  if (directory === undefined) return []
  try {
    return readdirSync(directory)
      .filter((name) => !name.startsWith('.'))
      .map((name) => join(directory, name))
  } catch {
    return []
  }
}
