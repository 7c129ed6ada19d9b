import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'

import { Unknown } from '../checks/check.ts'
import type { LedgerAnswer, LedgerRecord } from '../ledger/record.ts'

/** The traffic ports of a pod, by listener: `http://host:8080`. */
export interface TrafficUrls {
  readonly fast?: string
  readonly wire?: string
}

/** How much of the origin is left before it is the bottleneck: 1 is all of it. */
export interface Headroom {
  readonly ratio: number
  /** What the number alone would hide: a machine that is busy with something else. */
  readonly note: string | null
}

// A pod on a busy machine needs seconds for an answer.
const answerMs = 10_000

// How long the origin may be busy with an exchange after its client has an answer.
const settleMs = 8000
const lookMs = 100

// How long a request may be on its way to the ledger before it counts as one that never arrived.
const absentMs = 1500

/** The pods behind the proxy, asked on their admin ports: the evidence never comes by way of the proxy. */
export class Origins {
  readonly urls: readonly string[]

  private constructor(urls: readonly string[]) {
    this.urls = urls
  }

  /** Each text is the URL of an admin port, or a host whose addresses are pods; throws a sentence. */
  static async find(texts: readonly string[]): Promise<Origins> {
    const found = await Promise.all(texts.map((text) => addressesOf(text)))
    return new Origins([...new Set(found.flat())])
  }

  /** Where the first pod serves traffic, as its OpenAPI document says. */
  async trafficUrls(): Promise<TrafficUrls> {
    const [url = ''] = this.urls
    const page = (await ask(`${url}/openapi.json`)) as Document
    const host = new URL(url).hostname
    const of = (name: string): string | undefined => {
      const server = page.servers?.find(
        (one) => one.url.startsWith('http:') && one.description?.startsWith(name),
      )
      return server && `http://${host}:${new URL(server.url).port || '80'}`
    }
    const [fast, wire] = [of('Fast'), of('Wire')]
    return { ...(fast && { fast }), ...(wire && { wire }) }
  }

  /** Whether there is a ledger to ask: not where the admin port cannot be reached, or is another version's. */
  async hasLedger(): Promise<boolean> {
    const [url = ''] = this.urls
    const signal = AbortSignal.timeout(answerMs)
    const answer = await fetch(`${url}/ledger?run=verify`, { signal }).catch(() => undefined)
    await answer?.body?.cancel()
    return answer?.ok === true
  }

  /** The headroom of the last second, of the pod that has the least; undefined where none tells. */
  async headroom(): Promise<Headroom | undefined> {
    const told = await Promise.all(this.urls.map((url) => headroomAt(url)))
    return told
      .filter((one) => one !== undefined)
      .reduce<Headroom | undefined>(
        (least, one) => (least === undefined || one.ratio < least.ratio ? one : least),
        undefined,
      )
  }

  /** Every arrival of an id on all pods, as of now. */
  async arrivalsNow(id: string): Promise<readonly LedgerRecord[]> {
    const answers = await Promise.all(this.urls.map((url) => askLedger(url, id)))
    const seen = new Map<string, LedgerRecord>()
    for (const record of answers.flat()) {
      seen.set(`${record.pod} ${record.worker} ${record.attempt} ${record.arrived_ms}`, record)
    }
    return [...seen.values()].toSorted((one, other) => one.arrived_ms - other.arrived_ms)
  }

  /**
   * Every arrival of an id, once all have ended; after 8 s those that have not are told as open. An empty list takes
   * 1.5 s: the answer may be at the client before its record can be read.
   */
  async arrivals(id: string): Promise<readonly LedgerRecord[]> {
    const began = performance.now()
    for (;;) {
      const records = await this.arrivalsNow(id)
      const isSettled = records.length > 0 && records.every(({ end }) => end.cause !== 'open')
      const patience = records.length === 0 ? absentMs : settleMs
      if (isSettled || performance.now() - began > patience) return records
      await new Promise((resolve) => setTimeout(resolve, lookMs))
    }
  }
}

interface Document {
  readonly servers?: readonly { readonly url: string; readonly description?: string }[]
}

async function addressesOf(text: string): Promise<readonly string[]> {
  const url = new URL(/^https?:\/\//.test(text) ? text : `http://${text}`)
  const port = url.port || (/^https?:\/\//.test(text) ? '80' : '9000')
  const name = url.hostname.replaceAll(/^\[|\]$/g, '')
  if (isIP(name) !== 0 || name === 'localhost') return [`${url.protocol}//${url.hostname}:${port}`]
  const addresses = await lookup(name, { all: true })
  return addresses.map(
    ({ address, family }) => `${url.protocol}//${family === 6 ? `[${address}]` : address}:${port}`,
  )
}

async function ask(url: string): Promise<unknown> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(answerMs) })
  if (!answer.ok) throw new Unknown(`${url} answers ${answer.status}`)
  return answer.json()
}

async function headroomAt(url: string): Promise<Headroom | undefined> {
  const page = await ask(`${url}/api/v1/stats`).catch(() => undefined)
  const { headroom_ratio: ratio, headroom_note: note } = (page ?? {}) as Stats
  if (typeof ratio !== 'number') return undefined
  return { ratio, note: typeof note === 'string' ? note : null }
}

interface Stats {
  readonly headroom_ratio?: unknown
  readonly headroom_note?: unknown
}

async function askLedger(url: string, id: string): Promise<readonly LedgerRecord[]> {
  const target = `${url}/ledger/${encodeURIComponent(id)}`
  const answer = await fetch(target, { signal: AbortSignal.timeout(answerMs) }).catch(
    (error: unknown) => {
      throw new Unknown(`the ledger could not be asked: ${target}: ${reasonOf(error)}`)
    },
  )
  if (answer.status === 404) return []
  if (!answer.ok)
    throw new Unknown(`the ledger could not be asked: ${target} answers ${answer.status}`)
  const { attempts, unasked = [] } = (await answer.json()) as LedgerAnswer
  const [missing] = unasked
  if (missing !== undefined) {
    throw new Unknown(`the pod ${missing.pod} did not tell what arrived: ${missing.why}`)
  }
  return attempts
}

/** The innermost message of an error of fetch's. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message || error.name
}
