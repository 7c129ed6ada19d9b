import {
  type Gauge,
  type Metric,
  Registry,
  type RegistryContentType,
  collectDefaultMetrics,
} from 'prom-client'

import { rows } from './metrics.ts'
import type { Readings } from './readings.ts'

/** A registry in any of its formats. */
export type MetricsRegistry = Registry<RegistryContentType>

/** The formats of /metrics: Prometheus' own text, and OpenMetrics for clients that ask for it. */
export type MetricsFormat = 'text' | 'openMetrics'

// Gauges of prom-client that are called like counters, which promtool refuses.
const misnamed = ['handles', 'requests', 'resources'].map((kind) => `nodejs_active_${kind}_total`)

// What prom-client reads in /proc. Where it cannot, it goes on telling the last value, at first 0.
const looks = [
  ['process_open_fds'],
  // One look for all three, which belongs to the first.
  ['process_resident_memory_bytes', 'process_virtual_memory_bytes', 'process_heap_bytes'],
] as const

/** Drops these metrics when the system cannot be read, so that no stale value is reported. */
function forgetBeforeLooking(registry: MetricsRegistry): void {
  for (const names of looks) {
    // Absent where there is no /proc.
    const gauges = names.flatMap((name) => (registry.getSingleMetric(name) ?? []) as Collected)
    const [first] = gauges
    const { collect } = first ?? {}
    if (first === undefined || collect === undefined) continue
    first.collect = () => {
      for (const gauge of gauges) gauge.remove()
      return collect.call(first)
    }
  }
}

// What the types leave out of a metric.
type Collected = Gauge & { collect?: () => void }

/** The registry of /metrics: the workers' shared counters, read when scraped, and Node's own metrics. */
export function createRegistry(
  readings: Readings,
  format: MetricsFormat = 'text',
): MetricsRegistry {
  const registry: MetricsRegistry = new Registry<RegistryContentType>()
  if (format === 'openMetrics') registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  collectDefaultMetrics({ register: registry })
  for (const name of misnamed) registry.removeSingleMetric(name)
  forgetBeforeLooking(registry)
  for (const { name, type, help, values } of rows) {
    // prom-client keeps its own numbers in its metrics; ours live in the slabs, so the registry gets
    // an object with the part of the interface it uses: a name, and get() at each scrape.
    // For OpenMetrics it appends _total to every counter itself.
    const isSuffixed = format === 'openMetrics' && type === 'counter'
    const shown = isSuffixed ? name.replace(/_total$/, '') : name
    const get = (): object => ({ name: shown, help, type, values: values(readings) })
    registry.registerMetric({ name: shown, get, reset: () => {} } as unknown as Metric)
  }
  return registry
}

/** /metrics in both formats; OpenMetrics' registry is made when it is first asked for. */
export class Metrics {
  readonly #readings: Readings
  readonly #text: MetricsRegistry
  #openMetrics: MetricsRegistry | undefined

  constructor(readings: Readings) {
    this.#readings = readings
    this.#text = createRegistry(readings)
  }

  /** The page in one of them. */
  async render(
    format: MetricsFormat = 'text',
  ): Promise<{ readonly contentType: string; readonly body: string }> {
    const isOpen = format === 'openMetrics'
    if (isOpen) this.#openMetrics ??= createRegistry(this.#readings, 'openMetrics')
    const registry = (isOpen ? this.#openMetrics : undefined) ?? this.#text
    return { contentType: registry.contentType, body: await registry.metrics() }
  }
}
