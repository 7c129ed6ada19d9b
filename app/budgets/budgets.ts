import { createAddressCells } from './addresses.ts'
import { createBufferedCells } from './buffered.ts'
import { createAccountCells } from './connection-accounts.ts'
import { createConnectionCells } from './connections.ts'
import { createJobCells } from './job-slots.ts'
import { createRateCells } from './rates.ts'
import { createTallyCells } from './tally.ts'

/**
 * What the whole process shares and may run out of, counted in shared memory: every thread gets these by
 * reference and charges what it holds.
 */
export interface Budgets {
  /** Connections, of all listeners of all workers and of the admin port (connections.ts). */
  readonly connections: SharedArrayBuffer
  /** The same by their peers' addresses (addresses.ts). */
  readonly addresses: SharedArrayBuffer
  /** What became of the connections (connection-accounts.ts). */
  readonly accounts: SharedArrayBuffer
  /** Bytes of clients that are held in memory (buffered.ts). */
  readonly buffered: SharedArrayBuffer
  /** Jobs of the compute pool (job-queue.ts). */
  readonly jobs: SharedArrayBuffer
  /** Requests a second (rates.ts). */
  readonly rates: SharedArrayBuffer
  /** Counts of exchanges that faults depend on (tally.ts). */
  readonly tally: SharedArrayBuffer
}

/** New budgets, of which nothing is used yet. */
export function createBudgets(): Budgets {
  return {
    connections: createConnectionCells(),
    addresses: createAddressCells(),
    accounts: createAccountCells(),
    buffered: createBufferedCells(),
    jobs: createJobCells(),
    rates: createRateCells(),
    tally: createTallyCells(),
  }
}
