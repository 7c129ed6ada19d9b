// The one way a rate is measured: all servers up, loaded one after the other, round after round.
import { readCpuSeconds } from './accounting.ts'
import type { Client, Work } from './clients.ts'
import type { Figures, Metric, Row, RunOptions, Target } from './row.ts'
import { type Contestant, type Server, startServer } from './servers.ts'

// Enough for V8 to compile the hot path and for the kernel to size its socket buffers.
const warmUpSeconds = 1

const busy = { key: 'busy', title: 'busy', digits: 2 }

interface Unit {
  /** How many of what a client counts make one of the unit. */
  readonly size: number
  readonly throughput: Metric
  readonly cpu: Metric
  /** From CPU seconds per unit to the figure in the CPU column. */
  readonly cpuScale: number
}

const units = {
  request: {
    size: 1,
    throughput: { key: 'throughput', title: 'requests/s', digits: 0 },
    cpu: { key: 'cpu', title: 'CPU us/request', digits: 2 },
    cpuScale: 1e6,
  },
  message: {
    size: 1,
    throughput: { key: 'throughput', title: 'messages/s', digits: 0 },
    cpu: { key: 'cpu', title: 'CPU us/message', digits: 2 },
    cpuScale: 1e6,
  },
  gigabyte: {
    size: 1e9,
    throughput: { key: 'throughput', title: 'GB/s', digits: 2 },
    cpu: { key: 'cpu', title: 'CPU s/GB', digits: 3 },
    cpuScale: 1,
  },
} as const satisfies Record<string, Unit>

type Reading = Readonly<Record<string, number>>

/** More columns of a case: started before a load, read after it. */
interface Meter {
  readonly metrics: readonly Metric[]
  readonly start: (server: Server) => (work: Work) => Reading | Promise<Reading>
}

interface RateCase extends Pick<Row, 'name' | 'group' | 'build'> {
  readonly what: string
  readonly unit: keyof typeof units
  readonly servers: readonly Contestant[]
  readonly client: Client
  readonly targets: readonly Target[]
  readonly meter?: Meter
  /** Says what the answer is: must be alike for all servers, or different work is compared. */
  readonly describeAnswer?: (server: Server) => Promise<string>
}

/** A case of rates: throughput, CPU and busy share of every server, in interleaved rounds. */
export function createRateRow(rateCase: RateCase): Row {
  const { name, group, what, build } = rateCase
  return {
    name,
    ...(group !== undefined && { group }),
    what,
    ...(build !== undefined && { build }),
    metrics: metricsOf(rateCase),
    targets: rateCase.targets,
    measure: async (options) => {
      const servers: Server[] = []
      try {
        for (const contestant of rateCase.servers) servers.push(await startServer(contestant))
        await compareAnswers(rateCase, servers, options)
        return await measureRounds(rateCase, servers, options)
      } finally {
        await Promise.all(servers.map((server) => server.end()))
      }
    },
  }
}

async function compareAnswers(
  { describeAnswer }: RateCase,
  servers: readonly Server[],
  { progress }: RunOptions,
): Promise<void> {
  if (describeAnswer === undefined) return
  const answers = await Promise.all(servers.map((server) => describeAnswer(server)))
  if (new Set(answers).size === 1) return
  progress('WARNING: the servers answer differently, so the comparison is not fair:')
  for (const [i, server] of servers.entries()) progress(`  ${server.name}: ${answers[i]}`)
}

async function measureRounds(
  rateCase: RateCase,
  servers: readonly Server[],
  { rounds, seconds, progress }: RunOptions,
): Promise<Figures[]> {
  for (const server of servers) await rateCase.client(server, warmUpSeconds)
  const values = new Map(servers.map(({ name }) => [name, createSamples()]))
  for (let round = 0; round < rounds; round++) {
    // Backward every other round: a machine that slowly gets faster or slower favours nobody.
    for (const server of round % 2 === 0 ? servers : servers.toReversed()) {
      const line = await measureOnce(rateCase, server, seconds)
      const samples = values.get(server.name) ?? createSamples()
      for (const [key, value] of Object.entries(line)) (samples[key] ??= []).push(value)
      progress(`round ${round + 1}/${rounds} ${server.name}: ${describeSample(rateCase, line)}`)
    }
  }
  return servers.map(({ name }) => ({ server: name, values: { ...values.get(name) } }))
}

function createSamples(): Record<string, number[]> {
  return {}
}

interface Sample extends Reading {
  readonly throughput: number
  readonly cpu: number
  readonly busy: number
}

async function measureOnce(rateCase: RateCase, server: Server, seconds: number): Promise<Sample> {
  const unit = units[rateCase.unit]
  const readMeter = rateCase.meter?.start(server)
  const before = readCpuSeconds(server.pid)
  const work = await rateCase.client(server, seconds)
  const cpuSeconds = readCpuSeconds(server.pid) - before
  const done = work.done / unit.size
  return {
    throughput: done / work.seconds,
    cpu: (cpuSeconds / done) * unit.cpuScale,
    busy: cpuSeconds / work.seconds,
    ...(await readMeter?.(work)),
  }
}

function describeSample(rateCase: RateCase, sample: Sample): string {
  return metricsOf(rateCase)
    .map(({ key, title, digits }) => `${sample[key]?.toFixed(digits)} ${title}`)
    .join(', ')
}

function metricsOf({ unit, meter }: RateCase): readonly Metric[] {
  const { throughput, cpu } = units[unit]
  return [throughput, cpu, busy, ...(meter?.metrics ?? [])]
}
