import { setTimeout as sleep } from 'node:timers/promises'

import { createBudgets } from '../budgets/budgets.ts'
import type { Documents } from '../config/documents.ts'
import type { Origins } from '../config/load.ts'
import type { Config } from '../config/settings.ts'
import type { TracingRequest } from '../config/tracing.ts'
import { isShortage } from '../look.ts'
import { createBoard } from '../telemetry/board.ts'
import { Exemplars } from '../telemetry/exemplars.ts'
import type { Log } from '../telemetry/log.ts'
import { Admin } from './admin/admin.ts'
import { type Instruments, createInstruments } from './admin/instruments.ts'
import { setLogLevel } from './admin/log-level.ts'
import { Profiles } from './admin/profiles.ts'
import { type AdminParts, createAdminRoutes } from './admin/routes.ts'
import { Admission } from './admission.ts'
import { announce } from './announcement.ts'
import { BufferedLimit } from './buffered-limit.ts'
import { type Certificates, openCertificates } from './certificates/certificates.ts'
import { drain } from './drain.ts'
import { endProcess } from './end-process.ts'
import { warnOfOverridingFlags } from './machine/heap.ts'
import type { Ports } from './messages.ts'
import { type Phase, isDrainPhase } from './phase.ts'
import { PoolThreads } from './pool/pool-threads.ts'
import { type FoundPorts, hostForUrl, portsFor, reachableHost } from './ports.ts'
import { unreadyReason } from './readiness.ts'
import { ReloadLog } from './reload/reload-log.ts'
import { type ReloadResult, Reloader } from './reload/reload.ts'
import { type Load, SettingsSources } from './reload/sources.ts'
import { Reports } from './reports.ts'
import { Conductor } from './scenario.ts'
import { Signals, type TakenSignal } from './signals.ts'
import { Fleet } from './workers/fleet.ts'

/** What the main thread is started with. */
export interface PrimaryOptions extends Log {
  readonly config: Config
  readonly origins: Origins
  readonly version: string
  /** Set when traces are asked for. */
  readonly tracing: TracingRequest | undefined
  /** The module workers start from. */
  readonly entry: URL
  /** Hands signals to another function from now on. */
  readonly takeSignals: (take: (signal: TakenSignal) => void) => void
  /** Reads the settings' layers again. */
  readonly load: Load
  /** The ConfigMap that `config` was made with, if any. */
  readonly configMap?: Documents | undefined
}

// How long the reader of the log may take for the lines of a crash.
const lastWordsMs = 500

// After a second signal: how long workers may take to close their engines before the process ends regardless.
const forcedExitMs = 2000

/** The main thread: starts workers, answers probes, takes signals, ends the process. Serves no traffic. */
export class Primary {
  readonly #options: PrimaryOptions
  readonly #sources: SettingsSources
  readonly #reloader: Reloader
  readonly #reloadLog: ReloadLog
  readonly #reports: Reports
  readonly #admin: Admin
  readonly #exemplars = new Exemplars()
  readonly #board = createBoard()
  readonly #budgets = createBudgets()
  readonly #admission: Admission
  readonly #conductor: Conductor
  /** Keeps the budgets in line with settings, workers and the machine. */
  readonly #followers: readonly Pick<Admission, 'start' | 'refresh'>[]
  readonly #force = new AbortController()
  #fleet: Fleet | undefined
  #certificates: Certificates | undefined
  #phase: Phase = 'starting'
  #isEnabled = true
  #ports: (Ports & { readonly admin: number }) | undefined

  constructor(options: PrimaryOptions) {
    const { config, origins, load, configMap, log, setFormat, version, entry, lostLines } = options
    this.#options = options
    this.#sources = new SettingsSources({
      config,
      load,
      configMap,
      log,
      onChange: (source, resourceVersion) => void this.#reloader.reload(source, resourceVersion),
    })
    this.#reloadLog = new ReloadLog(log)
    this.#reloader = new Reloader({
      config,
      origins,
      load: this.#sources.load,
      apply: async (change) => {
        await this.#fleet?.apply(change)
        if (change.names.hot.includes('log.level')) log.level = change.config['log.level']
        if (change.names.hot.includes('scenario')) this.#conductor.follow(change.config.scenario)
        await setFormat(change.config['log.format'])
      },
      onResult: (result) => this.#tellOf(result),
    })
    const followed = { config: () => this.#reloader.config, fleet: () => this.#fleet, log }
    const bufferedLimit = new BufferedLimit({ ...followed, cells: this.#budgets.buffered })
    this.#admission = new Admission({ ...followed, counted: this.#budgets })
    const pool = new PoolThreads({ ...followed, entry, jobs: this.#budgets.jobs })
    this.#followers = [this.#admission, bufferedLimit, pool]
    const instruments = createInstruments({
      version,
      ...followed,
      phase: () => this.#phase,
      reloader: this.#reloader,
      configWatch: () => this.#sources.status,
      exemplars: this.#exemplars,
      certificates: () => this.#certificates?.served ?? [],
      board: this.#board,
      connections: this.#admission.totals,
      buffered: bufferedLimit.totals,
      jobs: pool.queue,
      step: () => this.#conductor.step,
      lostLines,
    })
    this.#conductor = new Conductor({
      ...followed,
      tell: (scenario) => this.#fleet?.workers.tell({ type: 'perform', scenario }),
    })
    this.#reports = new Reports({
      log,
      stats: instruments.stats,
      intervalMs: () => this.#reloader.config['memory.reportInterval'],
    })
    const routes = createAdminRoutes({ ...instruments, ...this.#adminParts() })
    this.#admin = new Admin({ routes, ...followed, ...this.#admission.adminShare })
  }

  /** Resolves when every worker's ports are open; then the origin is ready. */
  async start(): Promise<void> {
    const { config, log, takeSignals } = this.#options
    // The engine reads it once, from the process's environment, when a worker loads it.
    process.env['UWS_HTTP_MAX_HEADERS_SIZE'] = String(config['limits.headerBytes'])
    const onBug = (error: unknown): void => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
      if (isShortage(error) && this.#phase !== 'starting') log.error(text)
      else void this.#crash(text)
    }
    process.on('uncaughtException', onBug)
    process.on('unhandledRejection', onBug)
    const signals = new Signals({
      log,
      drain: (signal) => void this.#stop(signal),
      force: () => {
        this.#force.abort()
        setTimeout(() => process.kill(process.pid, 'SIGKILL'), forcedExitMs).unref()
      },
      reload: () => void (this.#phase === 'ready' && this.#reloader.reload('SIGHUP')),
    })
    takeSignals((signal) => signals.take(signal))
    warnOfOverridingFlags(log)
    try {
      const adminHost = reachableHost(config['admin.host'])
      const admin = await this.#admin.open(adminHost, config['admin.port'])
      const fleet = await this.#createFleet()
      for (const follower of this.#followers) follower.start()
      const found = await portsFor(config)
      await fleet.start(found)
      if (this.#phase === 'starting') this.#announce(fleet, found, admin)
      if (this.#phase !== 'ready') return
      this.#conductor.follow(config.scenario)
      this.#certificates?.follow()
      await this.#sources.start()
    } catch (error) {
      // A worker that is sent away before it was ready has not failed to start.
      if (isDrainPhase(this.#phase)) return
      await this.#crash(error instanceof Error ? error.message : String(error))
    }
  }

  async #createFleet(): Promise<Fleet> {
    const { config, log, writeLines, entry, version, tracing } = this.#options
    this.#certificates = await openCertificates(config, log, () =>
      this.#fleet?.workers.tell({ type: 'renewCertificates' }),
    )
    const fleet = new Fleet({
      entry,
      log,
      relay: {
        // POST /log-level may have lowered the level, and workers are not informed of that.
        writeLines: (lines) => (log.isLevelEnabled('info') ? writeLines(lines) : Promise.resolve()),
        noteExemplar: (exemplar) => this.#exemplars.note(exemplar),
      },
      config,
      birth: () => ({
        version,
        tracing,
        board: this.#board,
        budgets: this.#budgets,
        scenario: this.#conductor.running,
        host: reachableHost(config['http.host']),
        tls: this.#certificates?.tls,
      }),
      onLost: (reason) => void this.#crash(reason),
    })
    this.#fleet = fleet
    return fleet
  }

  #announce(fleet: Fleet, { taken, ...found }: FoundPorts, admin: number): void {
    const ports = { ...found.ports, admin }
    this.#ports = ports
    this.#phase = 'ready'
    announce({ ...this.#options, fleet, ports }, taken)
  }

  #adminParts(): Omit<AdminParts, keyof Instruments> {
    const { config, version, log } = this.#options
    return {
      unreadyReason: () =>
        unreadyReason({
          phase: this.#phase,
          isEnabled: this.#isEnabled,
          workers: this.#fleet?.workers,
          isFull: this.#admission.isFull,
          step: this.#conductor.step,
        }),
      restartReason: () => this.#fleet?.stalls.restartReason,
      conductor: this.#conductor,
      hasStarted: () => this.#phase !== 'starting',
      profiles: new Profiles(() => this.#fleet?.workers.members ?? []),
      openApi: (hostHeader, adminRoutes) =>
        this.#ports && {
          version,
          host: hostForUrl(config['http.host'], hostHeader),
          ports: this.#ports,
          adminRoutes,
        },
      configz: () => ({
        ...this.#reloader.status(),
        watch: this.#sources.status ?? null,
        sockets: this.#fleet?.sockets ?? [],
        tls: this.#certificates?.status ?? null,
        workers: this.#fleet?.workers.generations ?? [],
      }),
      drain: () => void this.#stop('POST /drain'),
      setReady: (isReady) => {
        this.#isEnabled = isReady
        log.info({ isReady }, 'readiness switched')
      },
      setLogLevel: (level) => setLogLevel(log, level),
    }
  }

  #tellOf(result: ReloadResult): void {
    this.#reloadLog.tell(result)
    for (const follower of this.#followers) follower.refresh()
    this.#sources.report(result)
  }

  /** Begins the drain. A second call (the kubelet's SIGTERM after a preStop hook) changes nothing. */
  async #stop(reason: string): Promise<void> {
    const { log } = this.#options
    if (isDrainPhase(this.#phase)) return
    this.#phase = 'notice'
    log.info({ reason }, 'draining')
    this.#sources.close()
    this.#fleet?.freeze()
    if (this.#fleet !== undefined) {
      await drain({
        config: this.#reloader.config,
        crew: this.#fleet.workers,
        signal: this.#force.signal,
        enter: (phase, detail) => {
          this.#phase = phase
          log.info({ phase, ...detail }, 'drain phase')
        },
      })
    }
    this.#reports.end()
    // The log lines of the last requests come after the lines about the workers' ends.
    await Promise.race([this.#options.writeLines(''), sleep(forcedExitMs)])
    this.#exit(0)
  }

  async #crash(reason: string): Promise<void> {
    if (this.#phase === 'stopped') return
    this.#phase = 'stopped'
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), forcedExitMs).unref()
    this.#options.log.error(reason)
    await this.#fleet?.workers.close()
    await Promise.race([this.#options.writeLines(''), sleep(lastWordsMs)])
    this.#exit(1)
  }

  #exit(code: number): void {
    this.#certificates?.close()
    this.#admin.close()
    endProcess(code, this.#fleet?.workers.members.length ?? 0, this.#options.log)
  }
}
