import { totalmem } from 'node:os'

import { BufferedTotals } from '../budgets/buffered.ts'
import type { Config } from '../config/settings.ts'
import type { Logger } from '../telemetry/log.ts'
import { listenerLabels } from '../telemetry/slab-layout.ts'
import { readScalar } from '../telemetry/slab-reader.ts'
import { bufferedFor } from './machine/heap.ts'
import type { Quota } from './machine/quota.ts'
import type { Size } from './machine/sizing.ts'
import type { Fleet } from './workers/fleet.ts'

/** What the limit follows, and where it logs that the limit was reached. */
export interface BufferedLimitOptions {
  readonly cells: SharedArrayBuffer
  readonly config: () => Config
  /** Undefined until there are workers: before that nothing is served. */
  readonly fleet: () => Fleet | undefined
  readonly log: Logger
}

const lookMs = 1000

// Between two log lines about refused clients, however many are refused.
const logEveryMs = 10_000

/** The bytes of clients that may be held at once: as set, or as much as the memory limit has room for. */
export function bufferedBytes(
  config: Pick<Config, 'limits.buffered'>,
  { memoryBytes }: Pick<Quota, 'memoryBytes'>,
  { workers }: Pick<Size, 'workers'>,
): number {
  const asked = config['limits.buffered']
  return asked === 'auto' ? bufferedFor(memoryBytes, workers) : asked
}

/**
 * Sets how many bytes of clients all workers may hold together, and how much memory there is. Follows the settings, the
 * number of workers and the memory limit. Logs once in a while that clients are refused because of it.
 */
export class BufferedLimit {
  readonly totals: BufferedTotals
  readonly #options: BufferedLimitOptions
  #refused = 0
  #loggedAt = Number.NEGATIVE_INFINITY

  constructor(options: BufferedLimitOptions) {
    this.#options = options
    this.totals = new BufferedTotals(options.cells)
  }

  /** Begins to follow. */
  start(): void {
    this.refresh()
    setInterval(() => this.#look(), lookMs).unref()
  }

  /** Settings or workers have changed. */
  refresh(): void {
    const fleet = this.#options.fleet()
    if (fleet === undefined) return
    this.totals.limit = bufferedBytes(this.#options.config(), fleet.quota, fleet.size)
    this.totals.memoryBytes = fleet.quota.memoryBytes ?? totalmem()
  }

  #look(): void {
    this.refresh()
    const refused = Object.fromEntries(
      listenerLabels
        .map((label) => [label, this.#countOf(label)] as const)
        .filter(([, n]) => n > 0),
    )
    const sum = Object.values(refused).reduce((total, count) => total + count, 0)
    const isRefusing = sum > this.#refused
    this.#refused = sum
    const now = performance.now()
    if (!isRefusing || now - this.#loggedAt < logEveryMs) return
    this.#loggedAt = now
    const { held, limit, memoryBytes } = this.totals
    this.#options.log.warn(
      { refused, held, limit, memoryBytes },
      "clients are refused or cut: their bytes use up limits.buffered, or the process's memory",
    )
  }

  #countOf(label: (typeof listenerLabels)[number]): number {
    const slabs = this.#options.fleet()?.workers.slabs ?? []
    return slabs.reduce((sum, slab) => sum + readScalar(slab, 'heldRefused', label), 0)
  }
}
