import { randomUUID } from 'node:crypto'

import { type Client, type Probe, type Received, Unknown } from '../checks/check.ts'
import { readEcho } from '../checks/read-echo.ts'
import { type Answer, describe } from '../client/answer.ts'
import { Connection, type Target } from '../client/connection.ts'
import { type Reading, readAnswer } from '../client/http1.ts'
import { type Base, type Request, bodyBytes, headBytes } from '../client/request.ts'
import type { LedgerRecord } from '../ledger/record.ts'
import type { Origins } from './origins.ts'

/** Where a probe sends its requests. */
export interface Site {
  readonly target: Target
  readonly base: Base
}

/** The place that a URL names; certificates are checked unless said otherwise. */
export function siteOf(url: URL, isStrict: boolean): Site {
  const isTls = url.protocol === 'https:'
  return {
    target: { host: url.hostname, port: Number(url.port) || (isTls ? 443 : 80), isTls, isStrict },
    base: { authority: url.host, prefix: url.pathname.replace(/\/+$/, '') },
  }
}

/** What a probe is told about the way to the origin. */
export interface ProbeOptions {
  readonly site: Site
  readonly origins: Origins
  readonly isDirect: boolean
  readonly originVersion: string
  readonly control: Probe | undefined
  readonly hasLedger: boolean
  /** A cache is in the way: every answer is to say that it is not to be kept. */
  readonly isCaching: boolean
}

/** Sends requests over HTTP/1.1 to one place, and asks the origin what came. */
export class Http1Probe implements Probe {
  readonly isDirect: boolean
  readonly isCaching: boolean
  readonly originVersion: string
  readonly control: Probe | undefined
  readonly #options: ProbeOptions

  constructor(options: ProbeOptions) {
    this.isDirect = options.isDirect
    this.isCaching = options.isCaching
    this.originVersion = options.originVersion
    this.control = options.control
    this.#options = options
  }

  token(): string {
    return `hpv-${randomUUID()}`
  }

  async ask(request: Request, reading?: Reading): Promise<Answer> {
    const client = await this.open()
    try {
      return await client.ask({ isLast: true, ...request }, reading)
    } finally {
      client.close()
    }
  }

  async open(): Promise<Client> {
    const connection = await Connection.open(this.#options.site.target)
    return {
      connection,
      ask: async (request, reading = {}) => {
        connection.send(this.head(request))
        const body = bodyBytes(request)
        if (body.length > 0) connection.send(body)
        return readAnswer(connection, { isHead: request.method === 'HEAD', ...reading })
      },
      close: () => connection.close(),
    }
  }

  head(request: Request): string {
    return headBytes(this.isCaching ? unkept(request) : request, this.#options.site.base)
  }

  async headroom(): Promise<number | undefined> {
    return (await this.#options.origins.headroom())?.ratio
  }

  async arrivals(id: string): Promise<readonly LedgerRecord[]> {
    if (!this.#options.hasLedger) throw new Unknown('the origin keeps no ledger')
    return this.#options.origins.arrivals(id)
  }

  async received(id: string, answer?: Answer): Promise<Received> {
    const told = this.#options.hasLedger ? await this.#fromLedger(id) : fromEcho(answer)
    if (told !== undefined) return told
    const how = answer === undefined ? '' : `: the client got ${describe(answer)}`
    throw new Unknown(`the request did not reach the origin${how}`)
  }

  async #fromLedger(id: string): Promise<Received | undefined> {
    const [record] = await this.arrivals(id)
    if (record === undefined) return undefined
    const { headers, target } = record
    if (headers === null || target === null || record.headers_cut) {
      throw new Unknown('the ledger has only a part of the record: ledger.memory is too small')
    }
    return { method: record.method, target, fields: headers, version: record.http_version }
  }
}

function unkept(request: Request): Request {
  const { hp } = request
  if (hp !== undefined && /cache-control/i.test(hp)) return request
  return { ...request, hp: [...(hp === undefined ? [] : [hp]), noStore].join('; ') }
}

const noStore = 'header=Cache-Control:no-store'

// The echo of the wire listener has the head as it came; without a ledger that is the evidence there is.
function fromEcho(answer: Answer | undefined): Received | undefined {
  const echo = readEcho(answer)
  if (echo?.raw_headers === undefined) return undefined
  const { method, path, query, http_version: version } = echo
  const target = query === '' ? path : `${path}?${query}`
  return { method, target, fields: echo.raw_headers, version }
}
