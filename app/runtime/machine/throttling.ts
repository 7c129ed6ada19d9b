import { type ReadText, findHierarchy, readKernelFile } from './cgroup.ts'

/** How much the kernel throttled us because the quota was used up, since the cgroup was made. */
export interface Throttling {
  /** Enforcement periods in which something ran. */
  readonly periods: number
  readonly throttledPeriods: number
  readonly throttledSeconds: number
}

/**
 * Reads `cpu.stat` of our cgroup and its visible ancestors (cgroup-v2.rst; version 1 counts in nanoseconds) and gives
 * the largest of each number: the quota that applies is at one of them, and a largest number never falls. Undefined
 * where no level has the file.
 */
export function readThrottling(read: ReadText = readKernelFile): Throttling | undefined {
  const hierarchy = findHierarchy(read, 'cpu')
  return hierarchy?.levels
    .flatMap((level) => parseStat(read(`${level}/cpu.stat`)))
    .reduce<Throttling | undefined>((worst, next) => largest(worst ?? next, next), undefined)
}

function largest(a: Throttling, b: Throttling): Throttling {
  return {
    periods: Math.max(a.periods, b.periods),
    throttledPeriods: Math.max(a.throttledPeriods, b.throttledPeriods),
    throttledSeconds: Math.max(a.throttledSeconds, b.throttledSeconds),
  }
}

// Without a quota version 2 leaves the three lines out at the root only; version 1 writes zeros.
function parseStat(text: string | undefined): readonly Throttling[] {
  const numberOf = (name: string): number | undefined => {
    const digits = new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1]
    return digits === undefined ? undefined : Number(digits)
  }
  const [periods, throttledPeriods] = [numberOf('nr_periods'), numberOf('nr_throttled')]
  const [microseconds, nanoseconds] = [numberOf('throttled_usec'), numberOf('throttled_time')]
  if (periods === undefined || throttledPeriods === undefined) return []
  const throttledSeconds =
    microseconds === undefined ? (nanoseconds ?? 0) / 1e9 : microseconds / 1e6
  return [{ periods, throttledPeriods, throttledSeconds }]
}
