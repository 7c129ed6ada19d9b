import { type Metric, Registry, type RegistryContentType, collectDefaultMetrics } from 'prom-client'

import { rows } from './metrics.ts'
import type { Sources } from './sources.ts'

/** A registry in any of its formats. */
export type MetricsRegistry = Registry<RegistryContentType>

/** The formats /metrics is told in: Prometheus' own text, and OpenMetrics for who asks for it. */
export type MetricsFormat = 'text' | 'openMetrics'

// Gauges of prom-client that are called like counters, which promtool refuses.
const misnamed = ['handles', 'requests', 'resources'].map((kind) => `nodejs_active_${kind}_total`)

/** The registry of /metrics: the workers' shared counters, read when scraped, and Node's own metrics. */
export function createRegistry(sources: Sources, format: MetricsFormat = 'text'): MetricsRegistry {
  const registry: MetricsRegistry = new Registry<RegistryContentType>()
  if (format === 'openMetrics') registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  collectDefaultMetrics({ register: registry })
  for (const name of misnamed) registry.removeSingleMetric(name)
  for (const { name, type, help, values } of rows) {
    // prom-client keeps its own numbers in its metrics; ours live in the slabs, so the registry gets
    // an object with the part of the interface it uses: a name, and get() at each scrape.
    // For OpenMetrics it puts _total behind every counter itself.
    const isSuffixed = format === 'openMetrics' && type === 'counter'
    const shown = isSuffixed ? name.replace(/_total$/, '') : name
    const get = (): object => ({ name: shown, help, type, values: values(sources) })
    registry.registerMetric({ name: shown, get, reset: () => {} } as unknown as Metric)
  }
  return registry
}

/** /metrics in both formats; OpenMetrics' registry is made for the first who asks. */
export class Metrics {
  readonly #sources: Sources
  readonly #text: MetricsRegistry
  #openMetrics: MetricsRegistry | undefined

  constructor(sources: Sources) {
    this.#sources = sources
    this.#text = createRegistry(sources)
  }

  /** The page in one of them. */
  async render(
    format: MetricsFormat = 'text',
  ): Promise<{ readonly contentType: string; readonly body: string }> {
    const isOpen = format === 'openMetrics'
    if (isOpen) this.#openMetrics ??= createRegistry(this.#sources, 'openMetrics')
    const registry = (isOpen ? this.#openMetrics : undefined) ?? this.#text
    return { contentType: registry.contentType, body: await registry.metrics() }
  }
}
