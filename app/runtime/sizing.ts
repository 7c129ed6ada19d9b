import type { Config } from '../settings.ts'
import { type Heap, heapFor } from './heap.ts'
import { type Quota, workersFor } from './quota.ts'

/** How many workers, and how large a heap for each. */
export interface Size {
  readonly workers: number
  readonly heap: Heap
}

/** What the settings ask for within what the quota grants; a setting that names a number stands. */
export function sizeFor(config: Config, quota: Quota): Size {
  const workers = config.workers === 'auto' ? workersFor(quota.cpus) : config.workers
  const heap = heapFor({
    profile: config['heap.profile'],
    oldMiB: config['heap.oldMiB'],
    youngMiB: config['heap.youngMiB'],
    memoryBytes: quota.memoryBytes,
    workers,
  })
  return { workers, heap }
}

/** What has to be done to the workers when one size becomes another. */
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
