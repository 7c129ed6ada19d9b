import { accepting } from './accepting.ts'
import type { Checked, HealthCheck } from './check.ts'
import { workerPool } from './worker-pool.ts'

const checks: readonly HealthCheck[] = [accepting, workerPool]

/** All health checks by name; each call reads the figures anew. */
export function healthChecks(look: () => Checked): Readonly<Record<string, () => boolean>> {
  return Object.fromEntries(checks.map(({ name, holds }) => [name, () => holds(look())]))
}
