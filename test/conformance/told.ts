import { ask } from '../support/ask.ts'
// What the origin's observers have been told of exchanges: its access log, and its counters.
import type { TestOrigin } from '../support/origin.ts'
import { scrape } from '../support/scrape.ts'
import { allFreed } from '../support/shared-origin.ts'
import { until } from '../support/wait.ts'

/** Exchanges as the access log shows them: `listener method route status`, and `aborted` if the client left. */
export function loggedBy({ log }: TestOrigin): readonly string[] {
  return log
    .filter(({ msg }) => msg === 'request')
    .map(({ listener, method, route, status, aborted }) => {
      const words = [listener, method, route, status, ...(aborted === true ? ['aborted'] : [])]
      return words.join(' ')
    })
}

/** How many exchanges each family of counters has: durations of requests and calls, both sizes of bodies. */
export async function countedBy(origin: TestOrigin): Promise<readonly number[]> {
  const numbers = await scrape(origin)
  const sum = (name: string): number => numbers.value(`${name}_count`) ?? 0
  return [
    sum('http_server_request_duration_seconds') + sum('rpc_server_call_duration_seconds'),
    sum('http_server_request_body_size_bytes'),
    sum('http_server_response_body_size_bytes'),
  ]
}

const marker = 'fast GET /status/{code} 299'

/** An origin with an access log, between two looks at what it has told. */
export class Told {
  readonly #origin: () => TestOrigin
  #seen = 0

  constructor(origin: () => TestOrigin) {
    this.#origin = origin
  }

  /**
   * What the log says of the exchanges since the last look, sorted, when every connection has ended. The worker writes its
   * lines in order, so those before a request that comes after all of them are complete. Throws when a counter has
   * another number of exchanges than the log.
   */
  async since(): Promise<readonly string[]> {
    const origin = this.#origin()
    await allFreed(origin)
    await ask(origin.url, '/status/299')
    const lines = await until('the line of the request after all others', () => loggedBy(origin), {
      holds: (all) => all.indexOf(marker, this.#seen) !== -1,
    })
    for (const count of await countedBy(origin)) {
      if (count !== lines.length) throw new Error(`${lines.length} lines, but ${count} counted`)
    }
    const before = lines.slice(this.#seen, -1).toSorted()
    this.#seen = lines.length
    return before
  }
}
