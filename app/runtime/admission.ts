import { Addresses } from '../budgets/addresses.ts'
import { ConnectionTotals, type CountedConnections } from '../budgets/connections.ts'
import type { Config } from '../config/settings.ts'
import type { Logger } from '../telemetry/log.ts'
import { type RejectionCount, countRejections } from '../telemetry/rejections.ts'
import type { AdminConnectionsOptions } from './admin/connections.ts'
import { type FileBudget, OpenFileLimit, fileBudget, howToRaise } from './machine/open-files.ts'
import { readPeers } from './machine/peers.ts'
import type { Fleet } from './workers/fleet.ts'
import { watchFiles } from './workers/spare-file.ts'

/** What admission follows, and where it logs. */
export interface AdmissionOptions {
  readonly counted: CountedConnections
  readonly config: () => Config
  /** Undefined until there are workers: admission then assumes a single worker. */
  readonly fleet: () => Fleet | undefined
  readonly log: Logger
}

const lookMs = 1000

// Between two log lines about refused connections, however many are refused.
const logEveryMs = 10_000

/**
 * Admits as many connections as the process has files for: sets the limit that all workers obey, and follows the
 * settings, the number of workers and the open-file limit itself. Logs once in a while that connections are refused.
 */
export class Admission {
  readonly totals: ConnectionTotals
  readonly #options: AdmissionOptions
  readonly #files = new OpenFileLimit()
  #budget: FileBudget
  readonly #addresses: Addresses
  #rejected: readonly RejectionCount[] = []
  #loggedAt = Number.NEGATIVE_INFINITY
  #fullSince: number | undefined

  constructor(options: AdmissionOptions) {
    this.#options = options
    this.totals = new ConnectionTotals(options.counted.connections, options.counted.accounts)
    this.#addresses = new Addresses(options.counted.addresses)
    this.#budget = this.#settle()
  }

  /** What the admin port may have. */
  get adminShare(): AdminConnectionsOptions {
    return { totals: this.totals, most: () => this.#budget.adminConnections }
  }

  /** Whether connections have been refused for so long that load balancers should send them elsewhere. */
  get isFull(): boolean {
    const afterMs = this.#options.config()['readiness.fullAfter']
    if (afterMs === 0 || this.#fullSince === undefined) return false
    return performance.now() - this.#fullSince >= afterMs
  }

  /** Warns when there are fewer files than the settings ask for, and begins to follow. */
  start(): void {
    this.#budget = this.#settle()
    this.#warn()
    setInterval(() => this.#look(), lookMs).unref()
    // The admin port's, which refuses no connection.
    watchFiles({ isOutOfFiles: false })
  }

  /** Settings or workers have changed. */
  refresh(): void {
    const before = this.#budget
    this.#budget = this.#settle()
    const { limit, asked, connections } = this.#budget
    if (before.asked !== asked || before.limit !== limit) this.#warn()
    if (before.limit === limit) return
    this.#options.log.info({ limit, connections }, 'the open-file limit has changed')
  }

  #settle(): FileBudget {
    const { config, fleet } = this.#options
    const asked = config()['limits.connections']
    const budget = fileBudget(this.#files.read(), { asked, workers: fleet()?.size.workers ?? 1 })
    this.totals.limit = budget.connections
    this.totals.perAddress = config()['limits.connectionsPerIp']
    return budget
  }

  #warn(): void {
    const { limit, reserve, asked, connections } = this.#budget
    if (connections >= asked) return
    this.#options.log.warn(
      { limit, asked, connections, reserve, raise: howToRaise(asked + reserve) },
      'the open-file limit is too low for limits.connections: fewer connections are accepted',
    )
  }

  // The fast engine does not say whose connection has ended. The kernel knows which are open.
  async #recount(): Promise<void> {
    const { http, https } = this.#options.fleet()?.workers.ports ?? {}
    const peers = await readPeers(new Set([http, https]))
    if (peers !== undefined) this.#addresses.recount(peers)
  }

  #look(): void {
    const { fleet, log } = this.#options
    const { totals } = this
    this.refresh()
    if (totals.perAddress > 0) void this.#recount()
    const now = performance.now()
    const rejected = countRejections(fleet()?.workers.slabs ?? [])
    const isRejecting = sumOf(rejected) > sumOf(this.#rejected)
    const isFull = sumOf(rejected, isOfAll) > sumOf(this.#rejected, isOfAll)
    if (!isFull && totals.open < totals.limit) this.#fullSince = undefined
    else this.#fullSince ??= now
    this.#rejected = rejected
    if (!isRejecting || now - this.#loggedAt < logEveryMs) return
    this.#loggedAt = now
    log.warn(
      {
        rejected: rejected.filter(({ count }) => count > 0),
        open: totals.open,
        limit: totals.limit,
      },
      'connections are closed as soon as they come: limits.connections, limits.connectionsPerIp or the open-file limit allows no more',
    )
  }
}

// One address that has used up its share does not mean that there is no room for others.
function isOfAll({ reason }: RejectionCount): boolean {
  return reason !== 'address'
}

function sumOf(
  counts: readonly RejectionCount[],
  isMeant: (count: RejectionCount) => boolean = () => true,
): number {
  return counts.reduce((sum, one) => (isMeant(one) ? sum + one.count : sum), 0)
}
