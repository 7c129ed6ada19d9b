import { performance } from 'node:perf_hooks'

import { steadyMs } from './clock.ts'

/** How the ledger's memory is divided. All counts are powers of two, so that numbers that wrap at 2^32 stay in step. */
export interface Layout {
  /** Entries of the index. */
  readonly entries: number
  /** Newest entries of chains by hash. */
  readonly heads: number
  /** Blocks of the ring for details of all exchanges, and of that for odd ones. */
  readonly newestBlocks: number
  readonly oddBlocks: number
  /** Where each part begins, in cells of 32 bits. */
  readonly headsAt: number
  readonly entriesAt: number
  readonly newestAt: number
  readonly oddAt: number
  /** Histograms of latency, which are beside the memory that was asked for: 67 KiB. */
  readonly latenciesAt: number
}

/** Histograms: one for each of the newest 64 runs, and before them one for exchanges without a run. */
export const latencySlots = 65

/** Counts of a histogram: eight for each doubling of a microsecond. */
export const latencyCells = 32 * 8

/** Cells of a histogram: its run's hash, then the counts. */
export const slotCells = 1 + latencyCells

/** Cells of an entry: flags, time, hash of the id (2), hash of the run, the entry before in its chain. */
export const entryCells = 6

/** Bytes of a block of details. */
export const blockBytes = 64
const blockCells = blockBytes / 4

/** Cells before the parts. */
export const cells = {
  /** The next entry's number, from 1; wraps at 2^32. */
  nextEntry: 0,
  /** The oldest entry that is kept. */
  firstEntry: 1,
  nextNewest: 2,
  nextOdd: 3,
  /** Entries that made room for newer ones before their time, as a number of 64 bits. */
  dropped: 4,
  /** The ledger's beginning in ms, as floating-point numbers: Unix time, and of the clock that only goes forward. */
  startedAt: 6,
  steadyAt: 8,
  /** How many runs have had a histogram. */
  nextRun: 10,
} as const
const headCells = 16

// Of the memory, so that 32 MiB have 2^20 entries: the index says who came how often, which must stay exact for longest.
const indexShare = 0.82
const newestShare = 0.67

/** Divides `bytes` of memory. */
export function layoutOf(bytes: number): Layout {
  const entries = powerOfTwo((bytes * indexShare) / (entryCells * 4 + 2))
  const heads = entries / 2
  const rest = bytes - entries * entryCells * 4 - heads * 4
  const newestBlocks = powerOfTwo((rest * newestShare) / blockBytes)
  const oddBlocks = powerOfTwo(rest / blockBytes - newestBlocks)
  const headsAt = headCells
  const entriesAt = headsAt + heads
  const newestAt = entriesAt + entries * entryCells
  const oddAt = newestAt + newestBlocks * blockCells
  const latenciesAt = oddAt + oddBlocks * blockCells
  return {
    entries,
    heads,
    newestBlocks,
    oddBlocks,
    headsAt,
    entriesAt,
    newestAt,
    oddAt,
    latenciesAt,
  }
}

function powerOfTwo(most: number): number {
  return 2 ** Math.floor(Math.log2(most))
}

/** An empty ledger in `bytes` of memory (1 MiB and more), which the system gives as it is used. */
export function createLedgerMemory(bytes: number): LedgerMemory {
  const { latenciesAt } = layoutOf(bytes)
  const memory = new SharedArrayBuffer((latenciesAt + latencySlots * slotCells) * 4)
  const head = new Int32Array(memory, 0, headCells)
  for (const at of [cells.nextEntry, cells.firstEntry, cells.nextNewest, cells.nextOdd]) {
    head[at] = 1
  }
  const numbers = new Float64Array(memory, 0, headCells / 2)
  numbers[cells.startedAt / 2] = performance.timeOrigin + performance.now()
  numbers[cells.steadyAt / 2] = steadyMs()
  return { memory, bytes }
}

/** The ledger's shared memory, and how many bytes it was asked to have. */
export interface LedgerMemory {
  readonly memory: SharedArrayBuffer
  readonly bytes: number
}
