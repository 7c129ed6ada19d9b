import type { ServerResponse } from 'node:http'

import type { Stats, StatsPage } from './stats.ts'

// How soon a page comes back after the stream was lost.
const retryMs = 3000

// Each is a connection and some kilobytes a second; a wall of dashboards has a few dozen.
const mostStreams = 256

// A client that does not read misses seconds; no more than this is kept for it.
const mostUnreadBytes = 256 * 1024

/**
 * One page of numbers a second as server-sent events (`/sse/metrics`), for as long as clients stay. With `hasDetail` there
 * are events with names beside them: `history` at the begin, and `answered` after each page.
 */
export class StatsStream {
  readonly #stats: Stats
  #streams = 0

  constructor(stats: Stats) {
    this.#stats = stats
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
      if (hasDetail) response.write(event('answered', this.#stats.answered))
    }
    tell(this.#stats.page)
    const leave = this.#stats.subscribe(tell)
    response.once('close', () => {
      this.#streams--
      leave()
    })
    return true
  }
}

function event(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}
