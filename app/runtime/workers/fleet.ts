import type { Config } from '../../config/settings.ts'
import type { LedgerMemory } from '../../evidence/ledger/layout.ts'
import { look } from '../../look.ts'
import { monotonicMs } from '../../telemetry/clock.ts'
import type { Logger } from '../../telemetry/log.ts'
import type { Quota } from '../machine/quota.ts'
import {
  type Size,
  compareSizes,
  hasRoomToRoll,
  quotaFor,
  sizeFor,
  unrolledSettings,
} from '../machine/sizing.ts'
import type { WorkerData } from '../messages.ts'
import type { FoundPorts } from '../ports.ts'
import type { Change } from '../reload/reload.ts'
import type { SocketReport } from '../sockets/report.ts'
import { setUpSockets } from '../sockets/sockets.ts'
import { Steering } from '../sockets/steering.ts'
import { type SizedMemory, changeMemory, createMemory } from './memory.ts'
import { Retry } from './retry.ts'
import { stallLookMs } from './stall-watch.ts'
import { Stalls } from './stalls.ts'
import type { Relay, WorkerThread } from './worker-thread.ts'
import { Workers } from './workers.ts'

/** What a worker is started with, apart from its own place. */
type NewWorker = Omit<WorkerData, 'index' | 'slab' | 'ports' | 'seat'>

/** What the fleet needs, and what is called when a worker dies. */
export interface FleetOptions {
  readonly entry: URL
  /** What workers are started with that is not decided here; called for each of them. */
  readonly birth: () => Omit<NewWorker, 'config' | 'configVersion' | 'hpReadAt' | keyof SizedMemory>
  readonly log: Logger
  readonly relay: Relay
  readonly config: Config
  readonly onLost: (reason: string) => void
}

// A quota that changes in place (a pod's resize) is noticed within this; Go looks once a second.
const lookMs = 2000

// A heap can fill faster than a quota changes, and a look at it reads only two numbers.
const heapLookMs = 250

// Of the old generation's limit, after a full collection: at that limit V8 gives up, and an engine with an app open
// takes the process with it, so the worker is replaced before. 85 % of the whole heap, young generation included, was
// too late: a heap of 24 MiB died with 22 in use.
const fullHeapShare = 0.8

// How long a worker with a full heap is left alone when its replacement could not be started.
const condemnAgainMs = 5000

// How long workers may take to confirm settings before they count as not following.
const confirmMs = 5000

/**
 * Keeps the workers as many and as large as quota and settings say, while they serve: watches the
 * quota and each worker's heap, and carries out changes of settings.
 */
export class Fleet {
  readonly workers: Workers
  readonly stalls: Stalls
  readonly #options: FleetOptions
  /** Workers whose heap is full and that wait to be replaced. */
  readonly #condemned = new WeakSet<WorkerThread>()
  readonly #recycles = { heap: 0, memory: 0, settings: 0 }
  #config: Config
  #configVersion = 1
  #hpReadAt = monotonicMs()
  #memory: SizedMemory
  #quota: Quota
  #size: Size
  #sockets: readonly SocketReport[] = []
  /** Releases ports that were held until the workers had opened them. */
  #release = (): void => {}
  #isRollOwed = false
  /** The memory limit has changed, and not all workers have heaps of the new size. */
  #isReheapOwed = false
  readonly #retry: Retry
  #timers: readonly NodeJS.Timeout[] = []

  constructor(options: FleetOptions) {
    this.#options = options
    this.#config = options.config
    this.#memory = createMemory(options.config)
    this.#quota = quotaFor(options.config)
    this.#size = sizeFor(options.config, this.#quota)
    this.workers = new Workers({
      ...options,
      drainSettings: () => this.#config,
      onReplaced: (replacement) => options.log.info(replacement, 'worker replaced'),
      onOpened: async (ports) => {
        this.#release()
        this.#sockets = await setUpSockets(ports, this.#config, this.#quota)
      },
      steering: new Steering(options.log),
      recipe: () => ({ data: this.#workerData(), heap: this.#size.heap }),
    })
    this.#retry = new Retry(
      () => this.#complete(),
      (error, retryMs) => {
        const message = error instanceof Error ? error.message : String(error)
        const detail = { message, workers: this.workers.count, retryMs }
        options.log.error(detail, 'workers could not be changed')
      },
    )
    this.stalls = new Stalls({
      members: () => this.workers.members,
      config: () => this.#config,
      log: options.log,
      onChange: ({ isStalled }) => this.#followStall(isStalled),
    })
  }

  get quota(): Quota {
    return this.#quota
  }

  /** The arrival ledger that workers write. */
  get ledger(): LedgerMemory {
    return this.#memory.ledger
  }

  get size(): Size {
    return this.#size
  }

  /** The options of the listening sockets, as the kernel had them when a worker last opened its own. */
  get sockets(): readonly SocketReport[] {
    return this.#sockets
  }

  /** How many workers were replaced, by reason. */
  get recycles(): Readonly<Record<'heap' | 'memory' | 'settings', number>> {
    return this.#recycles
  }

  /** Opens the ports and starts to watch. */
  async start({ ports, release }: FoundPorts): Promise<void> {
    this.#release = release
    await this.workers.start(this.#size.workers, ports)
    this.#timers = [
      setInterval(() => this.#followQuota(), lookMs).unref(),
      setInterval(() => this.#watchHeaps(), heapLookMs).unref(),
    ]
    // For as long as the process lives: a drain must know which workers will never answer.
    setInterval(() => this.stalls.look(), stallLookMs).unref()
  }

  /** No more changes: the fleet is about to be drained. */
  freeze(): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.#retry.stop()
    this.workers.freeze()
  }

  /**
   * Applies a change of settings: hot ones at once and with confirmation, worker ones by a roll. Takes the change back
   * when it cannot be applied. The next change completes a roll that failed midway.
   */
  async apply({ config, version, names }: Change): Promise<void> {
    const quota = quotaFor(config)
    const size = sizeFor(config, quota)
    const isRollDue =
      this.#isRollOwed ||
      compareSizes(this.#size, size).isReheaped ||
      names.worker.some((name) => !unrolledSettings.has(name))
    if (isRollDue && !hasRoomToRoll(config, quota, this.workers.count)) {
      throw new Error(
        'the memory limit has no room for a replacement beside a worker; restart the pod',
      )
    }
    const [memory, wasSize] = [this.#memory, this.#size]
    const before = { config: this.#config, version: this.#configVersion }
    this.#isRollOwed = isRollDue
    this.#configVersion = version
    this.#memory = changeMemory(memory, config, names.worker)
    this.#quota = quota
    this.#size = size
    this.#tell(config, version)
    try {
      await this.#confirmed(version)
      await this.workers.resize(size.workers)
      if (isRollDue) await this.#roll('settings')
    } catch (error) {
      // All or nothing: workers that took the change take it back. Workers that were rolled are rolled again later.
      this.#configVersion = before.version
      this.#memory = memory
      this.#size = wasSize
      this.#tell(before.config, before.version)
      if (this.workers.count !== wasSize.workers) this.#retry.fail(error)
      throw error
    }
  }

  #tell(config: Config, version: number): void {
    if (config['defaults.hp'] !== this.#config['defaults.hp']) this.#hpReadAt = monotonicMs()
    this.#config = config
    this.workers.tell({ type: 'configure', config, version, hpReadAt: this.#hpReadAt })
  }

  async #roll(reason: 'memory' | 'settings'): Promise<void> {
    this.#recycles[reason] += this.workers.count
    await this.workers.roll()
    this.#isRollOwed = false
    this.#isReheapOwed = false
  }

  async #confirmed(version: number): Promise<void> {
    const startedAt = performance.now()
    const behind = (): number =>
      this.workers.members.filter(
        ({ configVersion, isLeaving, isStalled }) =>
          !isLeaving && !isStalled && configVersion < version,
      ).length
    while (behind() > 0) {
      if (performance.now() - startedAt > confirmMs) {
        throw new Error(`${behind()} workers did not confirm the settings within ${confirmMs} ms`)
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  #workerData(): NewWorker {
    return {
      ...this.#options.birth(),
      config: this.#config,
      configVersion: this.#configVersion,
      hpReadAt: this.#hpReadAt,
      ...this.#memory,
    }
  }

  #followQuota(): void {
    // When a file is missing to read it, the quota is assumed to be unchanged.
    const quota = look(() => quotaFor(this.#config)) ?? this.#quota
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
    if (!hasRoomToRoll(this.#config, quota, this.workers.count)) {
      log.warn('heaps stay as they are: the memory limit has no room for a replacement')
      return
    }
    this.#isReheapOwed = true
    this.#follow(this.#roll('memory'))
  }

  #watchHeaps(): void {
    for (const member of this.workers.members) {
      const [used, limit] = [member.read('heapUsedBytes'), member.read('oldLimitBytes')]
      const isKnown = member.isLeaving || this.#condemned.has(member)
      if (isKnown || limit === 0 || used < limit * fullHeapShare) continue
      this.#condemned.add(member)
      this.#options.log.warn(
        { worker: member.index, used, limit },
        'heap nearly full: replacing worker',
      )
      this.#recycles.heap++
      const hasRoom = hasRoomToRoll(this.#config, this.#quota, this.workers.count)
      const recycled = this.workers.recycle(member, hasRoom)
      this.#follow(recycled)
      recycled.catch(() => {
        setTimeout(() => this.#condemned.delete(member), condemnAgainMs).unref()
      })
    }
  }

  // A stalled worker keeps its share of new connections, which wait. Another worker makes that share smaller. At most
  // as many are added as there should be workers: what stalls one may stall the next, too.
  #followStall(isStalled: boolean): void {
    const { count, stalled } = this.workers
    const hasRoom = hasRoomToRoll(this.#config, this.#quota, count + stalled.length)
    if (isStalled && (stalled.length > this.#size.workers || !hasRoom)) return
    this.#follow(this.workers.resize(this.#size.workers))
  }

  /** Completes changes that failed. */
  async #complete(): Promise<void> {
    await this.workers.resize(this.#size.workers)
    if (this.#isReheapOwed) await this.#roll('memory')
  }

  // What the fleet could not do at once it does later. Workers that serve go on serving.
  #follow(change: Promise<void>): void {
    change.catch((error: unknown) => this.#retry.fail(error))
  }
}
