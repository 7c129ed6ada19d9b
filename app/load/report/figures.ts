import type { RecordableHistogram } from 'node:perf_hooks'

import type { Percentile, TimeFigures } from './load-report.ts'

/** The figures of a histogram of microseconds; null when nothing was recorded. */
export function timeFigures(times: RecordableHistogram): TimeFigures | null {
  if (times.count === 0) return null
  const at = (percent: number): number => percentileMs(times, percent)
  return {
    count: times.count,
    min_ms: round(times.min / 1000),
    mean_ms: round(times.mean / 1000),
    p50_ms: at(50),
    p75_ms: at(75),
    p90_ms: at(90),
    p95_ms: at(95),
    p99_ms: at(99),
    p999_ms: at(99.9),
    max_ms: round(times.max / 1000),
  }
}

/** The time that so many per cent took at most, in milliseconds. */
export function percentileMs(times: RecordableHistogram, percent: number): number {
  return round(times.percentile(percent) / 1000)
}

const halvings = 40

/** The percentiles on the way to 100, ever closer: the axis of the usual HDR chart. */
export function percentilesOf(times: RecordableHistogram): readonly Percentile[] {
  if (times.count === 0) return []
  const found: Percentile[] = []
  // Four steps each time the rest is halved, until the rest is less than one request.
  for (let step = 0; step < halvings * 4; step++) {
    const rest = 0.5 ** (step / 4)
    const percent = (1 - rest) * 100
    found.push([percent, percent === 0 ? round(times.min / 1000) : percentileMs(times, percent)])
    if (rest * times.count < 1) break
  }
  return found
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
