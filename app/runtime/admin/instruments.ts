import type { BufferedTotals } from '../../budgets/buffered.ts'
import type { ConnectionReport } from '../../budgets/connection-accounts.ts'
import type { ConnectionTotals } from '../../budgets/connections.ts'
import type { JobQueue } from '../../budgets/job-queue.ts'
import { askedStatusPaths, grpcPaths, httpPaths } from '../../endpoints/table.ts'
import { grpcStatusName } from '../../errors.ts'
import { look } from '../../look.ts'
import { putUp } from '../../telemetry/board.ts'
import type { Exemplars } from '../../telemetry/exemplars.ts'
import type { Logger } from '../../telemetry/log.ts'
import type { Readings, Watched, WorkerView } from '../../telemetry/readings.ts'
import { Metrics } from '../../telemetry/render.ts'
import { faultNames } from '../../traffic/faults/table.ts'
import { ForeignBytes } from '../foreign-bytes.ts'
import { type Throttling, readThrottling } from '../machine/throttling.ts'
import type { Ports } from '../messages.ts'
import { type Phase, phases } from '../phase.ts'
import type { Reloader } from '../reload/reload.ts'
import { SilentConnections } from '../silent-connections.ts'
import type { Fleet } from '../workers/fleet.ts'
import type { WorkerThread } from '../workers/worker-thread.ts'
import { PodLedger } from './pod-ledger.ts'
import { Stats, type StatsPage } from './stats.ts'

/** What is measured; the fleet is there as soon as it is made. */
export interface Measured {
  readonly version: string
  readonly log: Logger
  readonly fleet: () => Fleet | undefined
  readonly phase: () => Phase
  readonly reloader: Reloader
  readonly configWatch: () => Watched | undefined
  readonly exemplars: Exemplars
  readonly certificates: Readings['certificates']
  /** Log lines that standard output did not take. */
  readonly lostLines: () => number
  /** Where the numbers of the last second are put up for the workers. */
  readonly board: SharedArrayBuffer
  readonly connections: ConnectionTotals
  readonly buffered: BufferedTotals
  readonly jobs: JobQueue
  /** The step of the scenario that runs. */
  readonly step: Readings['step']
}

/** The numbers of the last second, /metrics, and the arrival ledger. */
export interface Instruments {
  readonly stats: Stats
  readonly metrics: Metrics
  readonly ledger: PodLedger
  /** What became of the connections of both HTTP listeners. */
  readonly connections: () => ConnectionReport
}

/** Connects the instruments to what they measure. They ask no worker: they read shared memory and the kernel. */
export function createInstruments(measured: Measured): Instruments {
  const { version, fleet, phase, reloader, configWatch, exemplars, board, certificates } = measured
  const { connections, buffered, jobs } = measured
  const members = (): readonly WorkerThread[] =>
    (fleet()?.workers.members ?? []).filter(({ isLeaving }) => !isLeaving)
  const slabs = (): readonly SharedArrayBuffer[] => fleet()?.workers.slabs ?? []
  const calls = { methods: grpcPaths.map((path) => path.slice(1)), statusName: grpcStatusName }
  const stats = new Stats({
    version,
    members,
    slabs,
    quota: () => fleet()?.quota,
    throttling,
    phase,
    stalls: () => fleet()?.stalls.count ?? 0,
    connections,
    buffered,
    jobs,
    answerNames: {
      routes: httpPaths,
      calls: calls.methods,
      callStatus: calls.statusName,
      asked: askedStatusPaths,
    },
  })
  const show = (page: StatsPage): void => {
    // When the details of many workers do not fit, the page goes without them.
    if (putUp(board, JSON.stringify(page))) return
    putUp(board, JSON.stringify({ ...page, workers_detail: [] }))
  }
  show(stats.page)
  stats.subscribe(show)
  const ports = (): Ports | undefined => fleet()?.workers.ports
  const silent = new SilentConnections({ slabs, ports, log: measured.log })
  const foreign = new ForeignBytes({ slabs, log: measured.log })
  stats.subscribe(() => {
    silent.look()
    foreign.look()
  })
  const ledger = new PodLedger({ version, fleet, config: () => reloader.config })
  const metrics = new Metrics({
    slabs,
    workers: () => viewsOf(members(), stats.page),
    routes: httpPaths,
    faults: faultNames,
    step: measured.step,
    calls,
    phase: () => phases.indexOf(phase()),
    cpus: () => fleet()?.quota.cpus ?? 0,
    memoryBytes: () => fleet()?.quota.memoryBytes,
    throttling,
    connections,
    silentConnections: () => silent.count,
    buffered,
    ledger: () => ledger.totals(),
    jobs,
    cut: () => fleet()?.workers.cut ?? { connections: 0, exchanges: 0 },
    recycles: () => fleet()?.recycles ?? {},
    lostLines: measured.lostLines,
    stalls: () => ({
      count: fleet()?.stalls.count ?? 0,
      now: fleet()?.workers.stalled.length ?? 0,
    }),
    configWatch,
    certificates,
    exemplars,
    reloads: () => ({ ...reloader.numbers, results: reloader.results, version }),
  })
  return { stats, metrics, ledger, connections: () => connections.report }
}

function percentOf(percent: number | null | undefined): number | undefined {
  return typeof percent === 'number' ? percent / 100 : undefined
}

function throttling(): Throttling | undefined {
  return look(() => readThrottling())
}

// Numbers of the last second belong to workers that were there then; of others nothing is known yet.
function viewsOf(members: readonly WorkerThread[], page: StatsPage): readonly WorkerView[] {
  const numbers = new Map(page.workers_detail.map((one) => [one.worker, one]))
  return members.map(({ seat, slab }) => ({
    seat,
    slab,
    utilization: numbers.get(seat)?.event_loop_utilization,
    headroom: numbers.get(seat)?.headroom_ratio,
    waited: percentOf(numbers.get(seat)?.cpu_wait_percent),
  }))
}
