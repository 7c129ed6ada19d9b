import { closeSync, openSync, readSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import type { Buffered } from '../../budgets/buffered.ts'

/** What the guard reads, and what it calls to free memory. */
export interface MemoryGuardOptions {
  readonly buffered: Buffered
  /** Anonymous memory of the process; undefined when it cannot be read. */
  readonly readAnonymous?: () => number | undefined
  /** Gives memory that is not in use back to the kernel. */
  readonly collect?: () => void
}

// A client on the same machine sends some 1 GB/s, so the next look comes before it can have used up what is free. Where
// plenty is free, as without a memory limit, an idle worker wakes once a second.
const bytesPerMs = 2 ** 20
const soonestMs = 10
const latestMs = 1000

// Shares of the memory limit. Above the first, dropped memory is given back at once: V8 keeps 64 MiB of dropped bodies
// before it collects by itself, and the C library keeps what it has been given back (107 of 220 MiB after 600 refused
// bodies). Above the second, clients whose bytes cannot be counted are cut until the first is reached: the engine takes
// half a MiB from every socket in a turn, and does not ask us in between. Above the third, all other clients are cut.
// What is left is the kernel's: page tables, sockets, and what arrives between two looks.
const collectShare = 0.5
const hiddenShare = 0.75
const cutShare = 0.85

// Collecting takes 5-20 ms, so it runs once for each such share of the limit that came in, or after this long.
const collectEvery = 1 / 24
const collectAgainMs = 250

/**
 * Keeps the process below its memory limit while clients' bytes are held. limits.buffered does not count all that they
 * cost, and the engine's unfinished WebSocket messages cannot be counted at all. Looks only while something is held.
 */
export function guardMemory({
  buffered,
  readAnonymous = openStatm(),
  collect = createCollector(),
}: MemoryGuardOptions): void {
  let timer: NodeJS.Timeout | undefined
  let collected = { at: -Infinity, taken: 0, dropped: 0 }
  const isCollectionDue = (): boolean => {
    const taken = buffered.takenBytes - collected.taken
    if (taken > buffered.memoryBytes * collectEvery) return true
    const isChanged = taken > 0 || buffered.droppedBytes > collected.dropped
    return isChanged && performance.now() - collected.at > collectAgainMs
  }
  const relieve = (): void => {
    const limit = buffered.memoryBytes
    const used = readAnonymous()
    if (used === undefined || used <= limit * collectShare) return
    buffered.probeHidden()
    if (isCollectionDue()) {
      collect()
      const { takenBytes: taken, droppedBytes: dropped } = buffered
      collected = { at: performance.now(), taken, dropped }
    }
    const left = readAnonymous() ?? 0
    const isLast = left > limit * cutShare
    if (left > limit * hiddenShare) buffered.relieveHidden(left - limit * collectShare, isLast)
    if (isLast) buffered.relieve(left - limit * cutShare)
  }
  const lookAgain = (): void => {
    const freeBytes = buffered.memoryBytes * collectShare - (readAnonymous() ?? 0)
    const inMs = Math.min(latestMs, Math.max(soonestMs, freeBytes / bytesPerMs))
    timer = setTimeout(look, inMs).unref()
  }
  const look = (): void => {
    timer = undefined
    if (!buffered.isBusy) return
    // Other workers may have filled the budget and wait for the one that holds most.
    buffered.keep()
    relieve()
    lookAgain()
  }
  buffered.watch(() => {
    if (timer === undefined) lookAgain()
  }, relieve)
}

// proc(5): /proc/self/statm is size, resident, shared, ... in pages. The file stays open: a look then costs 2 us, and
// works when no other file can be opened.
function openStatm(): () => number | undefined {
  const text = Buffer.alloc(128)
  try {
    const file = openSync('/proc/self/statm', 'r')
    // A worker's: threads share descriptors, and another worker comes after this one.
    process.once('exit', () => closeSync(file))
    const read = (): readonly number[] =>
      text
        .toString('latin1', 0, readSync(file, text, 0, text.length, 0))
        .split(' ')
        .map(Number)
    const pageBytes = 2 ** Math.round(Math.log2(process.memoryUsage.rss() / (read()[1] ?? 1)))
    return () => {
      try {
        const [, resident = 0, shared = 0] = read()
        return (resident - shared) * pageBytes
      } catch {
        return undefined
      }
    }
  } catch {
    return () => undefined
  }
}

// Node offers the function only with --expose-gc, which cannot be set for a worker.
function createCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void
  let trim: (() => void) | undefined
  let isLoading = false
  const load = async (): Promise<void> => {
    isLoading = true
    // Without foreign functions, or without malloc_trim in the C library, the kernel gets less back.
    trim = await loadTrim().catch(() => undefined)
  }
  return () => {
    collectGarbage()
    // Waits for the thread that frees what the first call has found.
    collectGarbage({ type: 'minor' })
    trim?.()
    if (!isLoading) void load()
  }
}

// Loaded when memory is short for the first time: 10 ms and some MiB.
async function loadTrim(): Promise<() => void> {
  const { load } = await import('koffi')
  const trim = load(null).func('int malloc_trim(size_t pad)') as (pad: number) => number
  return () => void trim(0)
}
