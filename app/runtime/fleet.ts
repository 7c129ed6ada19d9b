import type { Config } from '../settings.ts'
import type { Logger } from '../telemetry/log.ts'
import { createBlock } from '../traffic/payload.ts'
import type { Ports, WorkerData } from './messages.ts'
import type { Quota } from './quota.ts'
import type { Change } from './reload.ts'
import { type Size, compareSizes, quotaFor, sizeFor } from './sizing.ts'
import type { Relay } from './worker-thread.ts'
import { Workers } from './workers.ts'

/** What the fleet is made of, and who hears of a worker's death. */
export interface FleetOptions {
  readonly entry: URL
  readonly version: string
  readonly host: string
  readonly tracing: WorkerData['tracing']
  readonly board: SharedArrayBuffer
  readonly tls: WorkerData['tls']
  readonly log: Logger
  readonly relay: Relay
  readonly config: Config
  readonly onLost: (reason: string) => void
}

// A quota changed in place (a pod's resize) is followed within this; Go looks once a second.
const lookMs = 2000

// Of the heap limit, after a full collection: V8 gives up at the limit, and an engine with an app open
// takes the process with it, so the worker is replaced before.
const fullHeapShare = 0.85

// How long workers may take to confirm settings before they count as not following.
const confirmMs = 5000

/**
 * Keeps the workers as many and as large as quota and settings say, while they serve: watches the
 * quota and each worker's heap, and carries out changes of settings.
 */
export class Fleet {
  readonly workers: Workers
  readonly #options: FleetOptions
  readonly #recycles = { heap: 0, memory: 0, settings: 0 }
  #config: Config
  #configVersion = 1
  #block: SharedArrayBuffer
  #quota: Quota
  #size: Size
  #timer: NodeJS.Timeout | undefined

  constructor(options: FleetOptions) {
    this.#options = options
    this.#config = options.config
    this.#block = createBlock(options.config['buffer.size'])
    this.#quota = quotaFor(options.config)
    this.#size = sizeFor(options.config, this.#quota)
    this.workers = new Workers({
      entry: options.entry,
      onLost: options.onLost,
      relay: options.relay,
      drainSettings: () => this.#config,
      recipe: () => ({ data: this.#workerData(), heap: this.#size.heap }),
    })
  }

  get quota(): Quota {
    return this.#quota
  }

  get size(): Size {
    return this.#size
  }

  /** How many workers were replaced, by reason. */
  get recycles(): Readonly<Record<'heap' | 'memory' | 'settings', number>> {
    return this.#recycles
  }

  /** Opens the ports and starts to watch. */
  async start(ports: Ports): Promise<void> {
    await this.workers.start(this.#size.workers, ports)
    this.#timer = setInterval(() => this.#look(), lookMs).unref()
  }

  /** No more changes: the fleet is about to be drained. */
  freeze(): void {
    clearInterval(this.#timer)
    this.workers.freeze()
  }

  /** Carries out a change of settings: hot ones at once and confirmed, worker ones by rolling. */
  async apply({ config, version, names }: Change): Promise<void> {
    const before = this.#size
    this.#config = config
    this.#configVersion = version
    if (names.worker.includes('buffer.size')) this.#block = createBlock(config['buffer.size'])
    this.#quota = quotaFor(config)
    this.#size = sizeFor(config, this.#quota)
    this.workers.tell({ type: 'configure', config, version })
    await this.#confirmed(version)
    const { isReheaped } = compareSizes(before, this.#size)
    await this.workers.resize(this.#size.workers)
    if (!isReheaped && !names.worker.includes('buffer.size')) return
    this.#recycles.settings += this.workers.count
    await this.workers.roll()
  }

  async #confirmed(version: number): Promise<void> {
    const startedAt = Date.now()
    const behind = (): number =>
      this.workers.members.filter(
        ({ configVersion, isLeaving }) => !isLeaving && configVersion < version,
      ).length
    while (behind() > 0) {
      if (Date.now() - startedAt > confirmMs) {
        throw new Error(`${behind()} workers did not confirm the settings within ${confirmMs} ms`)
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  #workerData(): Omit<WorkerData, 'index' | 'slab' | 'ports'> {
    const { version, host, tls, tracing, board } = this.#options
    return {
      version,
      host,
      tracing,
      board,
      tls,
      config: this.#config,
      configVersion: this.#configVersion,
      block: this.#block,
    }
  }

  #look(): void {
    this.#followQuota()
    this.#watchHeaps()
  }

  #followQuota(): void {
    const quota = quotaFor(this.#config)
    const { cpus, memoryBytes } = this.#quota
    if (quota.cpus === cpus && quota.memoryBytes === memoryBytes) return
    const before = this.#size
    this.#quota = quota
    this.#size = sizeFor(this.#config, quota)
    const change = compareSizes(before, this.#size)
    const { log } = this.#options
    log.info(
      { cpus: quota.cpus, memoryBytes: quota.memoryBytes, ...this.#size, ...change },
      'quota changed',
    )
    if (change.isResized) this.#follow(this.workers.resize(this.#size.workers))
    if (!change.isReheaped) return
    this.#recycles.memory += this.workers.count
    this.#follow(this.workers.roll())
  }

  #watchHeaps(): void {
    for (const member of this.workers.members) {
      const [used, limit] = [member.read('heapUsedBytes'), member.read('heapLimitBytes')]
      if (member.isLeaving || limit === 0 || used < limit * fullHeapShare) continue
      this.#options.log.warn(
        { worker: member.index, used, limit },
        'heap nearly full: replacing worker',
      )
      this.#recycles.heap++
      this.#follow(this.workers.recycle(member))
    }
  }

  // A worker that could not be started is reported by its own end.
  #follow(change: Promise<void>): void {
    change.catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error)
      this.#options.log.error({ message }, 'workers could not be changed')
    })
  }
}
