import { PerformanceObserver, constants, monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { resourceLimits } from 'node:worker_threads'

import type { Slab } from './slab.ts'

const everyMs = 1000

// A finer watch is a timer that wakes an idle worker 100 times a second.
const resolutionMs = 20

// What Node's types leave out of a 'gc' entry.
interface GcEntry {
  readonly duration: number
  readonly detail: { readonly kind: number }
}

const gcNames = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'gcMinor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'gcMajor'],
] as const)

/**
 * Keeps a worker's own state in its slab: collections as they happen, heap, CPU time and event-loop
 * delay every second. Its utilisation the primary reads by itself, since a loop that is stuck tells
 * nothing.
 */
export function watchVitals(slab: Slab): void {
  noteHeap(slab)
  noteUsed(slab)
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) noteCollection(slab, entry as unknown as GcEntry)
  }).observe({ entryTypes: ['gc'] })
  // Threads before this one in its seat have used some.
  const usedBefore = slab.get('cpuSeconds')
  const delays = monitorEventLoopDelay({ resolution: resolutionMs })
  delays.enable()
  setInterval(() => {
    slab.add('beats', 1)
    noteHeap(slab)
    const { user, system } = process.threadCpuUsage()
    slab.set('cpuSeconds', usedBefore + (user + system) / 1e6)
    // It measures the time between its own timers, so what is beyond their interval is delay.
    const seconds = delays.percentile(99) / 1e9 - resolutionMs / 1000
    slab.set('loopDelaySeconds', Math.max(0, seconds))
    delays.reset()
  }, everyMs).unref()
}

function noteCollection(slab: Slab, { duration, detail }: GcEntry): void {
  slab.add(gcNames.get(detail.kind) ?? 'gcOther', 1)
  slab.add('gcSeconds', duration / 1000)
  slab.set('gcLastSeconds', duration / 1000)
  if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) noteUsed(slab)
}

function noteHeap(slab: Slab): void {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
  slab.set('heapNowBytes', used)
  slab.set('heapLimitBytes', limit)
  const { maxOldGenerationSizeMb: oldMiB } = resourceLimits
  slab.set('oldLimitBytes', oldMiB === undefined ? limit : oldMiB * 2 ** 20)
}

// What is in use just after a full collection is what the worker really holds; at other times most of
// it is garbage, and a heap near its limit would say nothing.
function noteUsed(slab: Slab): void {
  slab.set('heapUsedBytes', getHeapStatistics().used_heap_size)
}
