import type { ServerResponse } from 'node:http'

import type { LedgerRecord } from '../../evidence/ledger/record.ts'
import type { Stats, StatsPage } from './stats.ts'

// How soon a page comes back after the stream was lost.
const retryMs = 3000

// Each is a connection and some kilobytes a second; a wall of dashboards has a few dozen.
const mostStreams = 256

// A client that does not read misses seconds; no more than this is kept for it.
const mostUnreadBytes = 256 * 1024

/**
 * One page of numbers a second as server-sent events (`/sse/metrics`), for as long as clients stay. With `hasDetail` there
 * are events with names beside them: `history` at the begin, `answered` and `exchanges` after each page.
 */
export class StatsStream {
  readonly #stats: Stats
  readonly #recent: (most: number) => readonly LedgerRecord[]
  #streams = 0
  #shown: { readonly page: StatsPage; readonly event: string } | undefined

  /** `recent` tells the newest exchanges; it is asked once a second, while a stream with detail is open. */
  constructor(stats: Stats, recent: (most: number) => readonly LedgerRecord[]) {
    this.#stats = stats
    this.#recent = recent
  }

  /** Answers with the stream; false when there are too many already, with nothing written. */
  serve(response: ServerResponse, hasDetail: boolean): boolean {
    if (this.#streams >= mostStreams) return false
    const isHead = response.req.method === 'HEAD'
    if (!isHead) this.#streams++
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      // /compare shows several origins side by side.
      'Access-Control-Allow-Origin': '*',
    })
    if (isHead) {
      response.end()
      return true
    }
    response.write(`retry: ${retryMs}\n\n`)
    if (hasDetail) response.write(event('history', this.#stats.history))
    let id = 0
    const tell = (page: StatsPage): void => {
      if (response.writableLength > mostUnreadBytes) return
      response.write(`id: ${++id}\ndata: ${JSON.stringify(page)}\n\n`)
      if (hasDetail) response.write(event('answered', this.#stats.answered) + this.#exchanges(page))
    }
    tell(this.#stats.page)
    const leave = this.#stats.subscribe(tell)
    response.once('close', () => {
      this.#streams--
      leave()
    })
    return true
  }

  /** Made once for all streams. */
  #exchanges(page: StatsPage): string {
    if (this.#shown?.page !== page) {
      const exchanges = this.#recent(mostExchanges).map((record) => shortened(record))
      this.#shown = { page, event: event('exchanges', { exchanges }) }
    }
    return this.#shown.event
  }
}

function shortened({ id, arrived_ms, method, target, status, ...more }: LedgerRecord): object {
  const { listener, attempt, times, end, faults } = more
  return {
    id,
    arrived_ms,
    method,
    target,
    status,
    listener,
    attempt,
    took_ms: times.end,
    end: end.cause,
    faults: faults.join(', '),
  }
}

// As many as can be read at a glance; /ledger/{id} has all.
const mostExchanges = 20

function event(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}
