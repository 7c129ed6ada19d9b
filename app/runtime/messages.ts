import type { Budgets } from '../budgets/budgets.ts'
import type { PortName } from '../config/ports.ts'
import type { Config } from '../config/settings.ts'
import type { TracingRequest } from '../config/tracing.ts'
import type { LedgerMemory } from '../evidence/ledger/layout.ts'
import type { TlsSettings } from '../listeners/port/node-tls.ts'
import type { Exemplar } from '../telemetry/exemplars.ts'
import type { RunningScenario } from '../traffic/scenario.ts'

/** What a worker is started with. Shared memory is passed by reference, the rest is copied. */
export interface WorkerData {
  readonly index: number
  readonly config: Config
  readonly configVersion: number
  /** When defaults.hp was read as it is now, by `monotonicMs`. */
  readonly hpReadAt: number
  /** The scenario that runs when the worker starts. */
  readonly scenario: RunningScenario | undefined
  readonly version: string
  readonly host: string
  readonly tracing: TracingRequest | undefined
  /** The same for all workers, so never 0. */
  readonly ports: Ports
  readonly tls: TlsSettings | undefined
  readonly block: SharedArrayBuffer
  /** Where the primary publishes the numbers of the last second. */
  readonly board: SharedArrayBuffer
  readonly slab: SharedArrayBuffer
  /** The arrival ledger. */
  readonly ledger: LedgerMemory
  /** What all threads share and may run out of. */
  readonly budgets: Budgets
  /** Its number in the budgets and in metrics, inherited from an earlier worker. */
  readonly seat: number
}

/** The traffic ports by the names of their listeners; undefined for those that stay closed. */
export type Ports = Readonly<Record<PortName, number | undefined>>

/** What leaves: the process with all its workers, or this worker alone while others go on serving. */
export type DrainScope = 'process' | 'worker'

export type ToWorker =
  /** Open the ports. */
  | { readonly type: 'open' }
  /** Settings of class hot, to take effect at once. */
  | {
      readonly type: 'configure'
      readonly config: Config
      readonly version: number
      readonly hpReadAt: number
    }
  /** The scenario that runs from now on; undefined for none. */
  | { readonly type: 'perform'; readonly scenario: RunningScenario | undefined }
  /** The lines of the last `log` are written. */
  | { readonly type: 'logged' }
  /** Certificate files have changed: serve the new ones. */
  | { readonly type: 'renewCertificates' }
  | { readonly type: 'drain'; readonly spreadMs: number; readonly scope: DrainScope }
  | { readonly type: 'stopAccepting' }
  /** Cut what is left and leave the thread. */
  | { readonly type: 'close' }

export type FromWorker =
  | { readonly type: 'configured'; readonly version: number }
  /** All ports are open. */
  | { readonly type: 'ready' }
  /** Whole lines for the log; the worker sends more when these are written. */
  | { readonly type: 'log'; readonly lines: string }
  /** A duration and its trace. */
  | { readonly type: 'exemplar'; readonly exemplar: Exemplar }
  /** The worker could not open its ports; all are closed again. */
  | { readonly type: 'failed'; readonly message: string }
  /** An unexpected exception: a bug. The worker has closed its ports and ends. */
  | { readonly type: 'bug'; readonly stack: string }
