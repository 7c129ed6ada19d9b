import { writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { TestContext } from 'node:test'

import { freePort, untilListening } from '../support/ports.ts'
import { createDirectory, startProgram } from '../support/programs.ts'
import { toolPath } from '../support/tools.ts'
import { until } from '../support/wait.ts'

/** What Prometheus scrapes, with the labels Prometheus Operator gives to a pod. */
export interface Scraped {
  readonly adminPort: number
  readonly job: string
  readonly namespace: string
  readonly pod: string
}

/** One series of an answer; values that are no numbers are left out. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>
  readonly points: readonly { readonly at: number; readonly value: number }[]
}

/** A time shown, as a dashboard has one; times in seconds. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly step: number
}

interface Result {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
  readonly values?: readonly (readonly [number, string])[]
}

interface Alert {
  readonly state: string
  readonly labels: Readonly<Record<string, string>>
}

/** A real Prometheus on loopback, which scrapes and evaluates rules every second. */
export class Prometheus {
  readonly #url: string

  private constructor(url: string) {
    this.#url = `${url}/api/v1`
  }

  /** Starts it with the rules of `rulesFile`; for tests that are skipped `without('promtool')`. */
  static async start(
    t: TestContext,
    scraped: readonly Scraped[],
    rulesFile: string,
  ): Promise<Prometheus> {
    const directory = createDirectory(t)
    const file = join(directory, 'prometheus.json')
    const settings = {
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: [resolve(rulesFile)],
      scrape_configs: [...new Set(scraped.map(({ job }) => job))].map((job) => ({
        job_name: job,
        static_configs: scraped.filter((one) => one.job === job).map(staticConfig),
      })),
    }
    writeFileSync(file, JSON.stringify(settings))
    const port = await freePort()
    startProgram(t, {
      // They come in one package.
      path: join(dirname(toolPath('promtool')), 'prometheus'),
      words: [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=error',
      ],
    })
    await untilListening(port)
    const url = `http://127.0.0.1:${port}`
    // It listens before it has read its data.
    await until('Prometheus is ready', async () => (await fetch(`${url}/-/ready`)).ok)
    return new Prometheus(url)
  }

  /** What answers the query at a time, or now; throws what Prometheus has against it. */
  async query(query: string, at?: number): Promise<readonly Series[]> {
    const time = at === undefined ? {} : { time: String(at) }
    const { result } = await this.#ask<{ readonly result: readonly Result[] }>('/query', {
      query,
      ...time,
    })
    return result.map(seriesOf).filter(({ points }) => points.length > 0)
  }

  /** The one value that answers; undefined when nothing does. */
  async value(query: string, at?: number): Promise<number | undefined> {
    const [first] = await this.query(query, at)
    return first?.points[0]?.value
  }

  /** What answers the query at every step of a time. */
  async queryRange(query: string, { start, end, step }: Span): Promise<readonly Series[]> {
    const { result } = await this.#ask<{ readonly result: readonly Result[] }>('/query_range', {
      query,
      start: String(start),
      end: String(end),
      step: String(step),
    })
    return result.map(seriesOf).filter(({ points }) => points.length > 0)
  }

  /** Values of a label over all series that match. */
  labelValues(label: string, match: string): Promise<readonly string[]> {
    return this.#ask(`/label/${label}/values`, { 'match[]': match })
  }

  /** Alerts that fire now, as `name pod`. */
  async firing(): Promise<readonly string[]> {
    const { alerts } = await this.#ask<{ readonly alerts: readonly Alert[] }>('/alerts', {})
    return alerts
      .filter(({ state }) => state === 'firing')
      .map(({ labels }) => `${labels['alertname']} ${labels['pod']}`)
  }

  async #ask<T>(path: string, parameters: Readonly<Record<string, string>>): Promise<T> {
    const answer = await fetch(`${this.#url}${path}?${new URLSearchParams(parameters).toString()}`)
    const page = (await answer.json()) as { readonly data?: T; readonly error?: string }
    if (page.data === undefined) throw new Error(`${page.error}: ${JSON.stringify(parameters)}`)
    return page.data
  }
}

function staticConfig({ adminPort, namespace, pod }: Scraped): object {
  return { targets: [`127.0.0.1:${adminPort}`], labels: { namespace, pod } }
}

function seriesOf({ metric, value, values = value === undefined ? [] : [value] }: Result): Series {
  const points = values.map(([at, text]) => ({ at, value: Number(text) }))
  return { labels: metric, points: points.filter((point) => !Number.isNaN(point.value)) }
}
