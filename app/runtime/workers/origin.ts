import { randomInt } from 'node:crypto'
import { hostname } from 'node:os'

import { reportConnections } from '../../budgets/connection-accounts.ts'
import { Tally } from '../../budgets/tally.ts'
import type { Config } from '../../config/settings.ts'
import type { Limits, Origin } from '../../endpoints/endpoint.ts'
import type { LedgerReader } from '../../evidence/ledger/reader.ts'
import { readBoard } from '../../telemetry/board.ts'
import { monotonicMs } from '../../telemetry/clock.ts'
import { type Hp, parseHp } from '../../traffic/hp/grammar.ts'
import { createRandom } from '../../traffic/random.ts'
import {
  type RunningScenario,
  type Scenario,
  type Step,
  ownStep,
  readScenario,
  stepAt,
  stepOn,
} from '../../traffic/scenario.ts'
import { healthChecks } from '../health/table.ts'
import { identityOf } from '../identity.ts'
import type { DrainScope, WorkerData } from '../messages.ts'
import type { WorkPool } from '../pool/work-pool.ts'

/** The current settings, and what is derived from them once for each change. */
export interface Current {
  readonly config: Config
  readonly limits: Limits
  readonly hp: Hp | undefined
  /** When the ttl of `hp` is over, by `monotonicMs`; Infinity for never. */
  readonly hpEndsAt: number
}

/** The scenario that runs, as this thread has read it. */
export class Performer {
  #running: RunningScenario | undefined
  #scenario: Scenario | undefined
  /** The step that held last. */
  #held: { readonly index: number; readonly round: number; readonly step: Step } | undefined

  readonly #pod: string

  constructor(running: RunningScenario | undefined, pod: string) {
    this.#pod = pod
    this.begin(running)
  }

  /** From now on; undefined for none. */
  begin(running: RunningScenario | undefined): void {
    this.#running = running
    this.#scenario = running && readScenario(running.document)
    this.#held = undefined
  }

  /** The current step. */
  step(): Step | undefined {
    const [running, scenario] = [this.#running, this.#scenario]
    if (running === undefined || scenario === undefined) return undefined
    const now = monotonicMs()
    if (now < running.startedAt || now >= running.endsAt) return undefined
    const found = stepAt(scenario, now - running.startedAt)
    if (found === undefined) return undefined
    const { index, round } = found
    if (this.#held?.index !== index || this.#held.round !== round) {
      const step = stepOn(this.#pod, ownStep(found, scenario, running.startedAt), scenario)
      this.#held = { index, round, step }
    }
    return this.#held.step
  }
}

/** What is derived from settings that have just changed; `hpReadAt` is when defaults.hp did. */
export function currentOf(config: Config, hpReadAt: number): Current {
  const text = config['defaults.hp']
  const hp = text === undefined ? undefined : parseHp(text)
  const hpEndsAt = hpReadAt + (hp?.ttlMs ?? Infinity)
  return { config, limits: limitsOf(config), hp, hpEndsAt }
}

function lastingHp({ hp, hpEndsAt }: Current): Hp | undefined {
  return hp === undefined || hpEndsAt === Infinity || monotonicMs() < hpEndsAt ? hp : undefined
}

/** What every exchange of a worker shares; `drainScope` is undefined while the worker does not drain. */
export function createOrigin(
  { version, block, board, ports, budgets }: WorkerData,
  current: Current,
  {
    pool,
    performer,
    ledger,
    drainScope,
  }: {
    readonly pool: WorkPool
    readonly performer: Performer
    readonly ledger: LedgerReader
    readonly drainScope: () => DrainScope | undefined
  },
): Origin {
  const isEnding = (): boolean => drainScope() === 'process'
  return {
    isDraining: () => drainScope() !== undefined,
    isEnding,
    hasFaults: () => current.config['faults.enabled'],
    corsOrigin: () => current.config['cors.origin'],
    defaultHp: () => lastingHp(current),
    scenarioStep: () => performer.step(),
    hasEvidence: () => current.config['evidence.headers'],
    counts: new Tally(budgets.tally),
    limits: () => current.limits,
    echoBodyBytes: () => current.config['echo.bodyLimit'],
    echoesUnknownPaths: () => current.config['echo.unknownPaths'] === 'echo',
    workDelayMs: () => current.config['work.delay'],
    pool,
    ledger,
    hostname: hostname(),
    wirePort: ports.wire,
    version,
    identity: identityOf(current.config, version),
    block: new Uint8Array(block),
    stats: () => readBoard(board),
    connections: () => reportConnections(budgets.accounts),
    random: createRandom(randomInt(2 ** 32)),
    healthChecks: healthChecks(() => ({ isEnding: isEnding(), queue: pool })),
  }
}

function limitsOf(config: Config): Limits {
  return {
    delayMs: config['limits.delay'],
    payloadBytes: config['limits.payload'],
    bodyBytes: config['limits.body'],
    count: config['limits.count'],
    ignoredNames: new Set(config['query.ignored']?.split(',')),
  }
}
