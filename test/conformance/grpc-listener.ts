import type { TestContext } from 'node:test'

import { createBudgets } from '../../app/budgets/budgets.ts'
import { Buffered, createBufferedCells } from '../../app/budgets/buffered.ts'
import { Connections } from '../../app/budgets/connections.ts'
import { createRateCells } from '../../app/budgets/rates.ts'
import type { Limits } from '../../app/endpoints/endpoint.ts'
import type { GrpcEndpoint } from '../../app/endpoints/grpc/grpc-endpoint.ts'
import { unknownMethodPath } from '../../app/endpoints/grpc/grpc-endpoint.ts'
import { grpcRows } from '../../app/endpoints/table.ts'
import type { GrpcTuning } from '../../app/listeners/grpc/faults.ts'
import { GrpcListener } from '../../app/listeners/grpc/listener.ts'
import { RateLimit } from '../../app/listeners/http/rate-limit.ts'
import { createPlaces } from '../../app/listeners/http/record.ts'
import type { TlsContexts } from '../../app/listeners/port/node-tls.ts'
import { createSlabMemory } from '../../app/telemetry/slab-layout.ts'
import { readScalar, readSeries } from '../../app/telemetry/slab-reader.ts'
import { Slab } from '../../app/telemetry/slab.ts'
import type { Witness } from '../../app/telemetry/witness.ts'
import { createFakeOrigin, noLimits } from '../support/exchange.ts'
import { freePort } from '../support/ports.ts'
import { until } from '../support/wait.ts'

/** No fault at all, and faults allowed. */
export const noFaults: GrpcTuning = {
  hasFaults: true,
  status: undefined,
  delayMs: 0,
  resetStream: undefined,
  goawayAfter: 0,
  maxConnectionAgeMs: 0,
}

const noLimit = { perSecond: 0, burst: 1, perIp: false, all: false }

/** What a test may say about a listener. */
export interface GrpcSetup {
  readonly limits?: Partial<Limits>
  readonly messageLimitBytes?: number
  readonly tuning?: Partial<GrpcTuning>
  readonly witness?: Witness
  readonly contexts?: TlsContexts
  /** All that the origin has, when left out. */
  readonly rows?: readonly GrpcEndpoint[]
}

/** A gRPC listener in the test's own process, closed with the test. */
export interface TestGrpc {
  readonly port: number
  readonly listener: GrpcListener
  /** What came out as a bug of ours. */
  readonly bugs: readonly unknown[]
  /** Calls by path and status, as the slab has them. */
  counted(): Readonly<Record<string, number>>
  readonly active: () => number
  readonly connections: () => number
  /** As the worker does: the origin says so, and the listener is told. */
  drain(spreadMs: number): void
  retune(tuning: Partial<GrpcTuning>): void
}

/** Opens a listener with all rows on a free port of 127.0.0.1. */
export async function openGrpc(t: TestContext, setup: GrpcSetup = {}): Promise<TestGrpc> {
  const { limits = {}, messageLimitBytes = 4 * 2 ** 20, witness, contexts, rows = grpcRows } = setup
  const memory = createSlabMemory()
  const slab = new Slab(memory, 'grpc')
  const bugs: unknown[] = []
  let tuning = { ...noFaults, ...setup.tuning }
  let isDraining = false
  const port = await freePort()
  const listener = new GrpcListener({
    name: contexts === undefined ? 'grpc' : 'grpcTls',
    host: '127.0.0.1',
    port,
    tcp: { backlog: 64, noDelay: true, keepAliveMs: 0 },
    contexts,
    origin: createFakeOrigin({
      isDraining: () => isDraining,
      isEnding: () => isDraining,
      wirePort: undefined,
      limits: () => ({ ...noLimits, ...limits }),
    }),
    slab,
    connections: new Connections(createBudgets(), 0),
    buffered: new Buffered(createBufferedCells(), 0),
    rateLimit: new RateLimit(createRateCells(), () => noLimit),
    rows,
    places: createPlaces({ slab, witness: () => witness }, [
      ...rows.map(({ path }) => path),
      unknownMethodPath,
    ]),
    onBug: (error) => bugs.push(error),
    messageLimitBytes,
    tuning: () => tuning,
  })
  await listener.open()
  t.after(() => listener.close())
  return {
    port,
    listener,
    bugs,
    counted: () =>
      Object.fromEntries(
        readSeries(memory).map(({ route, status, count }) => [
          `${grpcRows[route]?.path} ${status}`,
          count,
        ]),
      ),
    active: () => readScalar(memory, 'exchangesActive', 'grpc'),
    connections: () => readScalar(memory, 'connectionsOpen', 'grpc'),
    drain(spreadMs) {
      isDraining = true
      listener.drain(spreadMs)
    },
    retune(change) {
      tuning = { ...tuning, ...change }
      listener.retune()
    },
  }
}

/** Resolves when no call and no connection is left. */
export async function allCallsFreed({ active, connections }: TestGrpc): Promise<void> {
  await until('all calls and connections freed', () => active() + connections(), {
    holds: (open) => open === 0,
  })
}
