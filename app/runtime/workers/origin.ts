import { randomInt } from 'node:crypto'
import { hostname } from 'node:os'

import type { Config } from '../../config/settings.ts'
import type { Limits, Origin } from '../../endpoints/endpoint.ts'
import { readBoard } from '../../telemetry/board.ts'
import { createRandom } from '../../traffic/random.ts'
import { healthChecks } from '../health/table.ts'
import type { DrainScope, WorkerData } from '../messages.ts'
import type { WorkPool } from '../pool/work-pool.ts'

/** The settings as they are now. */
export interface Current {
  readonly config: Config
  readonly limits: Limits
}

/** What every exchange of a worker shares; `drainScope` is undefined while the worker does not drain. */
export function createOrigin(
  { version, block, board, ports }: WorkerData,
  current: Current,
  {
    pool,
    drainScope,
  }: { readonly pool: WorkPool; readonly drainScope: () => DrainScope | undefined },
): Origin {
  const isEnding = (): boolean => drainScope() === 'process'
  return {
    isDraining: () => drainScope() !== undefined,
    isEnding,
    hasFaults: () => current.config['faults.enabled'],
    limits: () => current.limits,
    echoBodyBytes: () => current.config['echo.bodyLimit'],
    echoesUnknownPaths: () => current.config['echo.unknownPaths'] === 'echo',
    workDelayMs: () => current.config['work.delay'],
    pool,
    hostname: hostname(),
    wirePort: ports.wire,
    version,
    block: new Uint8Array(block),
    stats: () => readBoard(board),
    random: createRandom(randomInt(2 ** 32)),
    healthChecks: healthChecks(() => ({ isEnding: isEnding(), queue: pool })),
  }
}

/** The largest values that a client may ask for. */
export function limitsOf(config: Config): Limits {
  return {
    delayMs: config['limits.delay'],
    payloadBytes: config['limits.payload'],
    bodyBytes: config['limits.body'],
    count: config['limits.count'],
    ignoredNames: new Set(config['query.ignored']?.split(',')),
  }
}
