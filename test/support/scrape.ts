import { type Sample, parseText } from './text-format.ts'

/** One reading of /metrics. */
export class Scrape {
  readonly text: string
  #samples: readonly Sample[] | undefined

  constructor(text: string) {
    this.text = text
  }

  /** Sum of the series of `name` that have `labels` among theirs; undefined when there is none. */
  value(name: string, labels: Sample['labels'] = {}): number | undefined {
    this.#samples ??= parseText(this.text)
    const wanted = Object.entries(labels)
    const found = this.#samples.filter(
      (sample) =>
        sample.name === name && wanted.every(([label, is]) => sample.labels[label] === is),
    )
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0)
  }

  get activeRequests(): number | undefined {
    return this.value('http_server_active_requests')
  }

  get openConnections(): number | undefined {
    return this.value('hpdummy_connections', { state: 'open' })
  }

  get openWebSockets(): number | undefined {
    return this.value('hpdummy_connections', { state: 'websocket' })
  }
}

/** An origin, as far as its admin port is concerned. */
interface Scraped {
  readonly ports: { readonly admin: number }
}

/** Reads /metrics. */
export async function scrape({ ports }: Scraped): Promise<Scrape> {
  const answer = await fetch(`http://127.0.0.1:${ports.admin}/metrics`)
  if (answer.status !== 200) throw new Error(`/metrics answers ${answer.status}`)
  return new Scrape(await answer.text())
}

/** Status of a page of the admin port. */
export async function adminStatus({ ports }: Scraped, path: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${ports.admin}${path}`)
  await answer.arrayBuffer()
  return answer.status
}
