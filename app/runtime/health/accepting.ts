import type { HealthCheck } from './check.ts'

/** False as soon as the process drains. */
export const accepting: HealthCheck = {
  name: 'accepting',
  holds: ({ isEnding }) => !isEnding,
}
