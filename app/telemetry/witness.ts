/** An exchange that is over, for who looks at them one by one. */
export interface Witnessed {
  readonly listener: string
  readonly scheme: 'http' | 'https'
  readonly httpVersion: string
  readonly method: string
  /** Undecoded; the query without its question mark. */
  readonly path: string
  readonly query: string
  /** The row's path, as in metrics. */
  readonly route: string
  /** 499 for a client that left before its answer, which is never sent. */
  readonly status: number
  /** By performance.now(). */
  readonly startedAt: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly isAborted: boolean
  readonly requestId: string
  readonly sourceAddress: string
  /** '' where the request had none. */
  readonly host: string
  readonly userAgent: string
  readonly traceparent: string
  readonly tracestate: string
}

/** Called at the end of every exchange. Where there is none, exchanges cost nothing for it. */
export type Witness = (exchange: Witnessed) => void
