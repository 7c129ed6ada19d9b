// What the slab tests observe, and what a slab with room for all routes counts of it.
import type { TestContext } from 'node:test'

import * as fc from 'fast-check'

import { durationBuckets } from '../../../app/telemetry/buckets.ts'
import { methodLabels, mostOfRoute } from '../../../app/telemetry/slab-layout.ts'
import { type Series, readSeries } from '../../../app/telemetry/slab-reader.ts'
import type { Slab } from '../../../app/telemetry/slab.ts'

/** One exchange, as a test makes it up. */
export interface Observation {
  readonly route: number
  readonly method: string
  readonly status: number
  readonly ms: number
}

/** Stops the clock at 0, so that an exchange takes exactly as long as it is told. */
export function stopClock(t: TestContext): void {
  t.mock.method(performance, 'now', () => 0)
}

/** Observes an exchange that took so long; needs the clock to stand still. */
export function observe(slab: Slab, { route, method, status, ms }: Observation): void {
  slab.observe(route, status, { method, startedAt: -ms })
}

/** The place of the bucket that takes this time, found in the plainest way. */
export function bucketOf(seconds: number): number {
  const place = durationBuckets.findIndex((bound) => seconds <= bound)
  return place === -1 ? durationBuckets.length : place
}

/** What exchanges must share to be counted together. */
export function keyOf({
  route,
  method,
  status,
}: Pick<Observation, 'route' | 'method' | 'status'>): string {
  return `${route} ${methodLabels.find((label) => label === method) ?? '_OTHER'} ${status}`
}

interface Model {
  count: number
  sum: number
  readonly counts: number[]
}

/** What a slab counts that has room for every route, but for `mostOfRoute` combinations of each only. */
export function modelOf(observations: readonly Observation[]): ReadonlyMap<string, Model> {
  const model = new Map<string, Model>()
  for (const observation of observations) {
    const ofRoute = [...model.keys()].filter((key) => key.startsWith(`${observation.route} `))
    const exact = keyOf(observation)
    const isShared = !model.has(exact) && ofRoute.length >= mostOfRoute
    const status = Math.floor(observation.status / 100)
    const key = isShared ? keyOf({ ...observation, method: '_OTHER', status }) : exact
    const counts = Array.from({ length: durationBuckets.length + 1 }, () => 0)
    const entry = model.get(key) ?? { count: 0, sum: 0, counts }
    const seconds = observation.ms / 1000
    entry.count++
    entry.sum += seconds
    entry.counts[bucketOf(seconds)] = (entry.counts[bucketOf(seconds)] ?? 0) + 1
    model.set(key, entry)
  }
  return model
}

/** All that a slab has counted, to be compared with a model. */
export function seriesByKey(memory: SharedArrayBuffer): ReadonlyMap<string, Series> {
  return new Map(readSeries(memory).map((series) => [keyOf(series), series]))
}

/** The sum of one number over several series. */
export function total(series: readonly Series[], read: (one: Series) => number): number {
  return series.reduce((sum, one) => sum + read(one), 0)
}

/** Exchanges of any route, method, status and time, bucket bounds among them. */
export const observations = fc.array(
  fc.record({
    route: fc.nat(40),
    method: fc.constantFrom(...methodLabels, 'get', 'BREW', ''),
    status: fc.integer({ min: 100, max: 599 }),
    ms: fc.oneof(fc.constantFrom(...durationBuckets.map((bound) => bound * 1000)), fc.nat(20_000)),
  }),
  { maxLength: 300 },
)
