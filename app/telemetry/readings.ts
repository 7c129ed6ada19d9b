import type { Exemplars } from './exemplars.ts'

/** What the primary knows and the slabs do not. */
export interface Readings {
  readonly slabs: () => readonly SharedArrayBuffer[]
  /** Threads that serve; slabs are more, since those of workers long gone go on counting. */
  readonly workers: () => readonly WorkerView[]
  readonly cpus: () => number
  /** Undefined where nothing limits it. */
  readonly memoryBytes: () => number | undefined
  /** Undefined where the kernel does not tell. */
  readonly throttling: () => Throttled | undefined
  /** What leaving workers had open when their patience was over. */
  readonly cut: () => { readonly connections: number; readonly exchanges: number }
  readonly recycles: () => Readonly<Record<string, number>>
  /** Log lines that standard output did not take. */
  readonly lostLines: () => number
  /** How often a worker has stalled, and how many are stalled now. */
  readonly stalls: () => { readonly count: number; readonly now: number }
  readonly reloads: () => Reloads
  /** Undefined unless the API server is watched. */
  readonly configWatch: () => Watched | undefined
  /** Traces that durations are examples of; empty without tracing. */
  readonly exemplars: Exemplars
  /** Labels of the routes the slabs number. */
  readonly routes: readonly string[]
  /** What TLS ports serve; empty without TLS. */
  readonly certificates: () => readonly { readonly name: string; readonly notAfter: Date }[]
  /** Labels of the gRPC methods the slabs number, and of their statuses. */
  readonly calls: {
    readonly methods: readonly string[]
    readonly statusName: (code: number) => string
  }
  /** Labels of the faults the slabs number. */
  readonly faults: readonly string[]
  /** The step of the scenario that runs. */
  readonly step: () => { readonly scenario: string; readonly step: string } | undefined
  readonly phase: () => number
  /** How many there may be, and how many of the admin port had to make room for others. */
  readonly connections: { readonly limit: number; readonly adminRejected: number }
  /** Connections to the fast listener that ended without a request. */
  readonly silentConnections: () => number
  readonly jobs: Jobs
  /** Records of the arrival ledger that are kept, and those that made room for newer ones. */
  readonly ledger: () => { readonly records: number; readonly dropped: number }
  /** Bytes of clients that are held, and that may be. */
  readonly buffered: { readonly held: number; readonly limit: number }
}

/** How the compute pool stands. */
export interface Jobs {
  /** Jobs that wait for a thread, and how many may. */
  readonly depth: number
  readonly mostWaiting: number
  /** Threads that there are, those that have a job, and how many there may be. */
  readonly threads: number
  readonly busy: number
  readonly mostThreads: number
}

/** A worker, as far as metrics tell of it. */
export interface WorkerView {
  /** Its label: workers that are replaced leave it to the next. */
  readonly seat: number
  readonly slab: SharedArrayBuffer
  /** Share of the last second its event loop was busy. */
  readonly utilization: number | undefined
  readonly headroom: number | undefined
  /** Share of the last second it waited for a CPU. */
  readonly waited: number | undefined
}

/** What the kernel held the process back for using up its quota. */
export interface Throttled {
  readonly periods: number
  readonly throttledPeriods: number
  readonly throttledSeconds: number
}

/** How the watch of the ConfigMap stands. */
export interface Watched {
  readonly isConnected: boolean
  readonly reconnects: number
  /** Seconds since 1970. */
  readonly lastHeardAt: number
}

/** What became of the settings' reloads. */
export interface Reloads {
  readonly isSuccessful: boolean
  /** Seconds since 1970. */
  readonly successAt: number
  readonly isRestartRequired: boolean
  readonly hash: string
  readonly version: string
  readonly results: Readonly<Record<string, number>>
}
