import type { Config, SettingName } from '../../config/settings.ts'
import { type Heap, heapFor } from './heap.ts'
import { type Quota, readQuota, workersFor } from './quota.ts'

/**
 * The settings that decide how many workers there are and how large they are. All other settings of class `worker` take
 * effect only in a worker that was started with them.
 */
export const sizingSettings = [
  'workers',
  'quota.cpus',
  'quota.memory',
  'heap.profile',
  'heap.oldMiB',
  'heap.youngMiB',
] as const satisfies readonly SettingName[]

/** Those of class `worker` that take effect without a roll: sizes, and what all threads read in shared memory. */
export const unrolledSettings: ReadonlySet<SettingName> = new Set([
  ...sizingSettings,
  'pool.workers',
  'pool.queue',
])

// Sizing is given no other setting, so the list above cannot miss one.
type SizingConfig = Pick<Config, (typeof sizingSettings)[number]>

/** How many workers, why that number, and how large a heap for each. */
export interface Size {
  readonly workers: number
  readonly reason: string
  readonly heap: Heap
}

/**
 * What the settings ask for, within the quota. A setting that names a number is used as it is. `auto` starts no more
 * workers than the memory limit has heaps for: 2 workers in 128 MiB were killed every second time, 1 never.
 */
export function sizeFor(config: SizingConfig, quota: Quota): Size {
  const heapOf = (workers: number): Heap =>
    heapFor({
      profile: config['heap.profile'],
      oldMiB: config['heap.oldMiB'],
      youngMiB: config['heap.youngMiB'],
      memoryBytes: quota.memoryBytes,
      workers,
    })
  if (config.workers !== 'auto') {
    return { workers: config.workers, reason: 'by setting', heap: heapOf(config.workers) }
  }
  const wanted = workersFor(quota.cpus)
  let workers = wanted
  while (workers > 1 && heapOf(workers).isTight) workers--
  const reason =
    workers === wanted
      ? 'one for each whole core, and one at least'
      : `no more fit into the memory limit, of the ${wanted} the cores are enough for`
  return { workers, reason, heap: heapOf(workers) }
}

/** The quota that the settings declare, otherwise the one that the kernel reports now. */
export function quotaFor(config: SizingConfig): Quota {
  return readQuota({ cpus: config['quota.cpus'], memoryBytes: config['quota.memory'] })
}

/**
 * Whether the memory limit has room for one worker more. A replacement serves before the old worker leaves, and without
 * room the kernel kills the process midway (3 of 3 rolls in 128 MiB under load).
 */
export function hasRoomToRoll(
  config: SizingConfig,
  { memoryBytes }: Quota,
  workers: number,
): boolean {
  const sizes = { oldMiB: 'auto', youngMiB: 'auto' } as const
  const profile = config['heap.profile']
  // For as long as a roll takes, clients' bytes have less room.
  const heap = heapFor({ ...sizes, profile, memoryBytes, workers: workers + 1, hasBuffered: false })
  return !heap.isTight
}

/** What to do with the workers when one size becomes another. */
export interface SizeChange {
  readonly isResized: boolean
  readonly isReheaped: boolean
}

/** Compares two sizes; a heap counts as changed only when its numbers are. */
export function compareSizes(before: Size, after: Size): SizeChange {
  return {
    isResized: before.workers !== after.workers,
    isReheaped:
      before.heap.oldMiB !== after.heap.oldMiB || before.heap.youngMiB !== after.heap.youngMiB,
  }
}
