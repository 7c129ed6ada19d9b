import { durationBucket } from './buckets.ts'

/** A duration and the trace it is an example of. */
export interface Exemplar {
  readonly listener: string
  /** The row's path, as in metrics. */
  readonly route: string
  readonly method: string
  readonly status: number
  /** Whether a fault was done to the exchange. */
  readonly isInjected: boolean
  readonly seconds: number
  readonly traceId: string
  readonly spanId: string
  /** Seconds since 1970. */
  readonly at: number
}

// One for each bucket of each series there can be, in reason; past it the oldest goes.
const mostExemplars = 2048

/** The last exemplar of every bucket, for OpenMetrics. */
export class Exemplars {
  readonly #byBucket = new Map<string, Exemplar>()

  /** Takes the place of the bucket's last one. */
  note(exemplar: Exemplar): void {
    const key = keyOf(exemplar, durationBucket(exemplar.seconds))
    this.#byBucket.delete(key)
    this.#byBucket.set(key, exemplar)
    const [oldest] = this.#byBucket.keys()
    if (this.#byBucket.size > mostExemplars && oldest !== undefined) this.#byBucket.delete(oldest)
  }

  find(series: SeriesLabels, bucket: number): Exemplar | undefined {
    return this.#byBucket.get(keyOf(series, bucket))
  }
}

type SeriesLabels = Pick<Exemplar, 'listener' | 'route' | 'method' | 'status' | 'isInjected'>

function keyOf(
  { listener, route, method, status, isInjected }: SeriesLabels,
  bucket: number,
): string {
  return `${listener} ${route} ${method} ${status} ${isInjected} ${bucket}`
}
