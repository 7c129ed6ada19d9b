import { performance } from 'node:perf_hooks'

import type { Witnessed } from './witness.ts'

/** Where full batches go; `flushed` is to be called when one is written. */
export interface AccessLogOptions {
  readonly worker: number
  readonly send: (lines: string) => void
  /** Counts lines that were given up. */
  readonly drop: (lines: number) => void
}

const flushMs = 100

// What waits while the reader of the log does not read: some 4,000 lines. Later ones are given up and
// counted; holding requests back for their log would make it the bottleneck.
const mostWaiting = 2 ** 20

/** One line of JSON for each exchange, in the form of the rest of the log, written without waiting. */
export class AccessLog {
  readonly #options: AccessLogOptions
  #waiting = ''
  #isSent = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: AccessLogOptions) {
    this.#options = options
  }

  /** Takes the line; it is out within a tenth of a second, unless the log's reader is slower. */
  write(exchange: Witnessed): void {
    if (this.#waiting.length > mostWaiting) return this.#options.drop(1)
    this.#waiting += this.#line(exchange)
    this.#timer ??= setTimeout(() => this.#flush(), flushMs).unref()
  }

  /** The last batch is written: the next may go. */
  flushed(): void {
    this.#isSent = false
    this.#flush()
  }

  /** What is left, for a worker that ends. */
  end(): void {
    this.#isSent = false
    this.#flush()
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#isSent || this.#waiting === '') return
    this.#isSent = true
    const lines = this.#waiting
    this.#waiting = ''
    this.#options.send(lines)
  }

  // Text of a client's is escaped by JSON, so a line is a line.
  #line(exchange: Witnessed): string {
    const { path, query, startedAt } = exchange
    return `${JSON.stringify({
      level: 'info',
      time: new Date().toISOString(),
      msg: 'request',
      worker: this.#options.worker,
      listener: exchange.listener,
      method: exchange.method,
      target: query === '' ? path : `${path}?${query}`,
      route: exchange.route,
      status: exchange.status,
      duration_ms: Number((performance.now() - startedAt).toFixed(3)),
      bytes_in: exchange.bytesIn,
      bytes_out: exchange.bytesOut,
      source_addr: exchange.sourceAddress,
      host: exchange.host,
      user_agent: exchange.userAgent,
      request_id: exchange.requestId,
      ...(exchange.isAborted && { aborted: true }),
      ...(exchange.injected.length > 0 && { injected: exchange.injected }),
    })}\n`
  }
}
