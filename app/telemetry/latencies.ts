import { latencySeconds } from './buckets.ts'

/** How often each latency was seen, by the cells of `readLatencies`. */
export type Latencies = Float64Array

/** What was seen in `after` and not yet in `before`; a worker's cells never count down. */
export function latenciesSince(after: Latencies, before: Latencies | undefined): Latencies {
  return before === undefined ? after : after.map((count, cell) => count - (before[cell] ?? 0))
}

/** Cell by cell over all workers. */
export function sumLatencies(all: readonly Latencies[]): Latencies {
  const [first = new Float64Array(), ...others] = all
  return others.reduce<Latencies>(
    (sum, next) => sum.map((count, cell) => count + (next[cell] ?? 0)),
    first,
  )
}

/** The latency in seconds that `share` of all were not above (0.99); undefined when there were none. */
export function percentile(latencies: Latencies, share: number): number | undefined {
  const total = latencies.reduce((sum, count) => sum + count, 0)
  if (total === 0) return undefined
  let left = Math.ceil(total * share)
  const cell = latencies.findIndex((count) => (left -= count) <= 0)
  return latencySeconds(cell === -1 ? latencies.length - 1 : cell)
}
