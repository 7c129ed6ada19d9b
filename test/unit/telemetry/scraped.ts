import { Exemplars } from '../../../app/telemetry/exemplars.ts'
import type { Readings, WorkerView } from '../../../app/telemetry/readings.ts'
import { createRegistry } from '../../../app/telemetry/render.ts'
import { createSlabMemory } from '../../../app/telemetry/slab-layout.ts'
import { Slab } from '../../../app/telemetry/slab.ts'
import { type Sample, parseText } from '../../support/text-format.ts'

/** A worker with so many collections behind it. */
export function workerOf(seat: number): WorkerView {
  const slab = createSlabMemory()
  new Slab(slab).add('gcMinor', 10 + seat)
  return { seat, slab, utilization: 0.25 * (seat + 1), headroom: 0.7 - 0.1 * seat, waited: 0.02 }
}

/** A primary with two workers whose settings have never changed, and whatever a test says of it. */
export function sourcesOf(given: Partial<Readings>): Readings {
  return {
    slabs: () => [],
    workers: () => [workerOf(0), workerOf(1)],
    cpus: () => 2.5,
    memoryBytes: () => 2 ** 28,
    throttling: () => ({ periods: 40, throttledPeriods: 30, throttledSeconds: 2.5 }),
    cut: () => ({ connections: 3, exchanges: 1 }),
    recycles: () => ({ heap: 1, settings: 0 }),
    lostLines: () => 0,
    stalls: () => ({ count: 2, now: 1 }),
    reloads: () => ({
      isSuccessful: true,
      successAt: 1_700_000_000.5,
      isRestartRequired: false,
      hash: 'abc123',
      version: '1.2.3',
      results: { applied: 3, refused: 1 },
    }),
    configWatch: () => undefined,
    certificates: () => [],
    exemplars: new Exemplars(),
    routes: ['/', '/bin/{size}'],
    calls: {
      methods: ['echo.EchoService/Echo'],
      statusName: (code) => (code === 0 ? 'OK' : 'UNKNOWN'),
    },
    faults: [],
    step: () => ({ scenario: 'brownout', step: 'slow' }),
    phase: () => 1,
    connections: { adminRejected: 7, limit: 500 },
    silentConnections: () => 4,
    jobs: { depth: 2, mostWaiting: 10, threads: 3, busy: 1, mostThreads: 4 },
    ledger: () => ({ records: 5, dropped: 6 }),
    buffered: { held: 4096, limit: 2 ** 20 },
    ...given,
  }
}

/** What /metrics tells of them, sample by sample. */
export async function scrape(given: Partial<Readings>): Promise<readonly Sample[]> {
  return parseText(await createRegistry(sourcesOf(given)).metrics())
}
