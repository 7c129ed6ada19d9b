import { existsSync } from 'node:fs'

import type { Origins } from '../config.ts'
import { createOpenApi } from '../endpoints/openapi.ts'
import { httpRows, wsRows } from '../endpoints/table.ts'
import { type Config, type SettingName, settings } from '../settings.ts'
import type { Logger } from '../telemetry/log.ts'
import { createRegistry } from '../telemetry/render.ts'
import { createBlock } from '../traffic/payload.ts'
import { Admin } from './admin.ts'
import { type CertificateFiles, createCertificate } from './certificate.ts'
import { drain } from './drain.ts'
import type { Ports } from './messages.ts'
import { type Phase, isDrainPhase, phases } from './phase.ts'
import { type Quota, readQuota, workersFor } from './quota.ts'
import { Workers } from './workers.ts'

/** What the main thread is started with. */
export interface PrimaryOptions {
  readonly config: Config
  readonly origins: Origins
  readonly version: string
  readonly log: Logger
  /** The module workers start from. */
  readonly entry: URL
}

// How long the second signal waits for workers to close their engines before it gives up on order.
const forcedExitMs = 2000

/** The main thread: starts workers, answers probes, takes signals, ends the process. Serves no traffic. */
export class Primary {
  readonly #options: PrimaryOptions
  readonly #workers: Workers
  readonly #admin: Admin
  readonly #force = new AbortController()
  #certificate: CertificateFiles | undefined
  #phase: Phase = 'starting'

  constructor(options: PrimaryOptions) {
    this.#options = options
    this.#workers = new Workers(options.entry, { onLost: (reason) => void this.#crash(reason) })
    const registry = createRegistry({
      slabs: () => this.#workers.slabs,
      routes: [...httpRows, ...wsRows].map(({ path }) => path),
      phase: () => phases.indexOf(this.#phase),
    })
    this.#admin = new Admin({
      registry,
      isReady: () => this.#phase === 'ready',
      openApi: () => createOpenApi(options.version),
    })
  }

  /** Resolves when every worker's ports are open; then the origin is ready. */
  async start(): Promise<void> {
    const { config, version } = this.#options
    // The engine reads it once, from the process's environment, when a worker loads it.
    process.env['UWS_HTTP_MAX_HEADERS_SIZE'] = String(config['limits.headerBytes'])
    process.on('SIGTERM', (signal) => void this.#stop(signal))
    process.on('SIGINT', (signal) => void this.#stop(signal))
    try {
      const adminPort = await this.#admin.open(
        reachableHost(config['admin.host']),
        config['admin.port'],
      )
      const tls = await this.#tlsFiles()
      const host = reachableHost(config['http.host'])
      const quota = readQuota()
      const count = config.workers === 'auto' ? workersFor(quota.cpus) : config.workers
      const ports = await this.#workers.start(count, {
        config,
        version,
        host,
        tls,
        ports: { http: config['http.port'], https: tls && config['https.port'] },
        block: createBlock(config['buffer.size']),
      })
      if (this.#phase === 'starting') this.#announce(ports, { adminPort, count, host, quota })
    } catch (error) {
      await this.#crash(error instanceof Error ? error.message : String(error))
    }
  }

  #announce(
    ports: Ports,
    found: { adminPort: number; count: number; host: string; quota: Quota },
  ): void {
    const { config, origins, log, version } = this.#options
    this.#phase = 'ready'
    const changed = (Object.keys(config) as SettingName[])
      .filter((name) => origins[name] !== 'default' && settings[name].isSecret !== true)
      .map((name) => [name, config[name]])
    log.info(
      {
        version,
        node: process.version,
        pid: process.pid,
        host: found.host,
        ports: { ...ports, admin: found.adminPort },
        workers: found.count,
        cpus: found.quota.cpus,
        cpuSource: found.quota.cpuSource,
        memoryBytes: found.quota.memoryBytes,
        settings: Object.fromEntries(changed) as object,
      },
      'ready',
    )
  }

  async #tlsFiles(): Promise<{ certFile: string; keyFile: string } | undefined> {
    const { config } = this.#options
    const [certFile, keyFile] = [config['tls.certFile'], config['tls.keyFile']]
    if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile }
    if (!config['tls.selfSigned']) return undefined
    const certificate = await createCertificate()
    this.#certificate = certificate
    return { certFile: certificate.certFile, keyFile: certificate.keyFile }
  }

  async #stop(signal: NodeJS.Signals): Promise<void> {
    const { config, log } = this.#options
    if (isDrainPhase(this.#phase)) {
      log.warn({ signal }, 'second signal: ending at once')
      this.#force.abort()
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), forcedExitMs).unref()
      return
    }
    log.info({ signal }, 'draining')
    await drain({
      config,
      workers: this.#workers,
      signal: this.#force.signal,
      enter: (phase, detail) => {
        this.#phase = phase
        log.info({ phase, ...detail }, 'drain phase')
      },
    })
    this.#exit(0)
  }

  async #crash(reason: string): Promise<void> {
    if (this.#phase === 'stopped') return
    this.#phase = 'stopped'
    this.#options.log.error(reason)
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), forcedExitMs).unref()
    await this.#workers.close()
    this.#exit(1)
  }

  #exit(code: number): void {
    this.#certificate?.remove()
    this.#admin.close()
    process.exit(code)
  }
}

// `::` takes IPv4 too, but cannot be opened where the kernel has no IPv6.
function reachableHost(host: string): string {
  return host === '::' && !existsSync('/proc/net/if_inet6') ? '0.0.0.0' : host
}
