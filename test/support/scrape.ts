import type { TestOrigin } from './origin.ts'

type Labels = Readonly<Record<string, string>>

/** One reading of /metrics. */
export class Scrape {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** Sum of the series of `name` that have `labels` among theirs; undefined when there is none. */
  value(name: string, labels: Labels = {}): number | undefined {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
    const values = this.text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter((line) => wanted.every((label) => line.includes(label)))
      .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)))
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0)
  }

  get activeRequests(): number | undefined {
    return this.value('http_server_active_requests')
  }

  get openConnections(): number | undefined {
    return this.value('hpdummy_connections', { state: 'open' })
  }
}

export async function scrape({ ports }: TestOrigin): Promise<Scrape> {
  const answer = await fetch(`http://127.0.0.1:${ports.admin}/metrics`)
  if (answer.status !== 200) throw new Error(`/metrics answers ${answer.status}`)
  return new Scrape(await answer.text())
}

/** Status of a page of the admin port. */
export async function adminStatus({ ports }: TestOrigin, path: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${ports.admin}${path}`)
  await answer.arrayBuffer()
  return answer.status
}
