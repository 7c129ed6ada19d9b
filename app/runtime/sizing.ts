import type { Config } from '../settings.ts'
import { type Heap, heapFor } from './heap.ts'
import { type Quota, workersFor } from './quota.ts'

/** How many workers, and how large a heap for each. */
export interface Size {
  readonly workers: number
  readonly heap: Heap
}

/**
 * What the settings ask for within what the quota grants; a setting that names a number stands. `auto`
 * workers are no more than the memory limit has heaps for: 2 workers in 128 MiB were killed every
 * second time, 1 never.
 */
export function sizeFor(config: Config, quota: Quota): Size {
  const heapOf = (workers: number): Heap =>
    heapFor({
      profile: config['heap.profile'],
      oldMiB: config['heap.oldMiB'],
      youngMiB: config['heap.youngMiB'],
      memoryBytes: quota.memoryBytes,
      workers,
    })
  if (config.workers !== 'auto') return { workers: config.workers, heap: heapOf(config.workers) }
  let workers = workersFor(quota.cpus)
  while (workers > 1 && heapOf(workers).isTight) workers--
  return { workers, heap: heapOf(workers) }
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
