/** A request as a witness sees it when its head has come. */
export interface WitnessedRequest {
  readonly listener: string
  readonly scheme: 'http' | 'https'
  readonly httpVersion: string
  readonly method: string
  /** Undecoded; the query without its question mark. */
  readonly path: string
  readonly query: string
  /** The row's path, as in metrics. */
  readonly route: string
  readonly requestId: string
  readonly sourceAddress: string
  /** '' where the request had none. */
  readonly host: string
  readonly userAgent: string
  readonly traceparent: string
  readonly tracestate: string
  /** By performance.now(). */
  readonly startedAt: number
}

/** The same at the exchange's end. */
export interface Witnessed extends WitnessedRequest {
  /** 499 for a client that left before its answer, which is never sent. */
  readonly status: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly isAborted: boolean
  /** Faults that happened to it on purpose. */
  readonly injected: readonly string[]
}

/** A request that is being traced. */
export interface Trace {
  /** What the answer tells of it. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly end: (exchange: Witnessed) => void
}

/** Hears of each exchange at its end, for as long as it is on. */
export interface Observer {
  readonly isOn: () => boolean
  readonly ended: (exchange: Witnessed) => void
}

/** What looks at exchanges one by one. While there is no witness, they cost nothing for it. */
export interface Witness {
  readonly trace?: ((request: WitnessedRequest) => Trace) | undefined
  readonly ended?: ((exchange: Witnessed) => void) | undefined
}

/** The witness that stands for a tracer and observers; undefined while none of them is on. */
export function createWitness(
  trace: Witness['trace'],
  observers: readonly Observer[],
): () => Witness | undefined {
  const ended = (exchange: Witnessed): void => {
    for (const observer of observers) if (observer.isOn()) observer.ended(exchange)
  }
  const witness = { trace, ended }
  if (trace !== undefined) return () => witness
  // Asked of each request: a loop makes no iterator.
  return () => {
    for (let at = 0; at < observers.length; at++) if (observers[at]?.isOn() === true) return witness
    return undefined
  }
}
