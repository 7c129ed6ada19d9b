import { type Echo, readEcho } from '../checks/read-echo.ts'
import { type Answer, describe, valuesIn } from '../client/answer.ts'
import { Connection } from '../client/connection.ts'
import { readAnswer } from '../client/http1.ts'
import { headBytes } from '../client/request.ts'
import type { Facts } from './card.ts'
import { type Origins, type TrafficUrls, reasonOf } from './origins.ts'
import { Http1Probe, type Site, siteOf } from './probe.ts'

/** Why a run cannot begin, as a sentence: there would be no evidence. */
export class NoEvidence extends Error {}

/** What a run begins with. */
export interface Start {
  readonly proxied: Http1Probe
  readonly direct: Http1Probe
  readonly directUrl: string
  readonly facts: Facts
}

/** What the command line says. */
export interface Wanted {
  readonly url: URL
  readonly isStrict: boolean
  /** Where the control run goes, when the origin's own word for it cannot be reached. */
  readonly direct: URL | undefined
  readonly origins: Origins
}

/** Finds out who answers at the URL, and how the origin is reached without the proxy. Throws NoEvidence. */
export async function begin({ url, isStrict, direct, origins }: Wanted): Promise<Start> {
  const traffic = await origins.trafficUrls().catch((error: unknown): TrafficUrls => {
    if (direct !== undefined) return {}
    const asked = origins.urls.join(', ')
    throw new NoEvidence(
      `the origin's admin port does not answer: ${asked}: ${reasonOf(error)}; say where it is with --origin URL`,
    )
  })
  const site = siteOf(url, isStrict)
  const seen = await greet(site, url.href)
  const isCaching = await keepsAnswers(site, seen.path)
  const directUrl = direct?.href ?? (seen.echo.listener === 'wire' ? traffic.wire : traffic.fast)
  if (directUrl === undefined) {
    throw new NoEvidence(
      `the origin at ${origins.urls[0]} has no ${seen.echo.listener} listener in clear`,
    )
  }
  const directSite = siteOf(new URL(directUrl), isStrict)
  await greet(directSite, directUrl)
  const hasLedger = await isInLedger(origins, seen.id, url.href)
  const { isDirect, echo } = seen
  const originVersion = echo.http_version
  const common = { origins, hasLedger, isCaching }
  const control = new Http1Probe({
    ...common,
    site: directSite,
    isDirect: true,
    originVersion: '1.1',
    control: undefined,
  })
  return {
    proxied: new Http1Probe({ ...common, site, isDirect, originVersion, control }),
    direct: control,
    directUrl,
    facts: {
      listener: echo.listener,
      originVersion,
      hasHttp2: false,
      isDirect,
      hasLedger,
      isCaching,
      names: namesOf(seen.answer),
    },
  }
}

interface Greeting {
  readonly id: string
  /** A target that nobody has asked for before. */
  readonly path: string
  readonly echo: Echo
  readonly answer: Answer
  readonly isDirect: boolean
}

// The first request: whose answer is this?
async function greet(site: Site, url: string): Promise<Greeting> {
  const connection = await Connection.open(site.target).catch((error: unknown) => {
    throw new NoEvidence(`${url} cannot be reached: ${reasonOf(error)}`)
  })
  const id = `hpv-${crypto.randomUUID()}`
  const path = `/verify/${id}`
  connection.send(headBytes({ id, path, isLast: true }, site.base))
  const answer = await readAnswer(connection)
  connection.close()
  const echo = readEcho(answer)
  if (echo === undefined) {
    throw new NoEvidence(`${url} does not lead to hpdummy: its answer is ${describe(answer)}`)
  }
  if (echo.path !== path) {
    throw new NoEvidence(
      `${url}: the path ${echo.path} came to the origin, not ${path}; have the proxy take its prefix off`,
    )
  }
  return {
    id,
    path,
    echo,
    answer,
    isDirect: portOf(echo.source_addr) === portOf(connection.localAddress),
  }
}

// The same target once more: an echo tells whose request it answers.
async function keepsAnswers({ target, base }: Site, path: string): Promise<boolean> {
  const connection = await Connection.open(target)
  const id = `hpv-${crypto.randomUUID()}`
  connection.send(headBytes({ id, path, isLast: true }, base))
  const answer = await readAnswer(connection)
  connection.close()
  return readEcho(answer) !== undefined && !answer.body.includes(id)
}

function portOf(address: string): string {
  return address.slice(address.lastIndexOf(':') + 1)
}

async function isInLedger(origins: Origins, id: string, url: string): Promise<boolean> {
  if (!(await origins.hasLedger())) return false
  const arrivals = await origins.arrivals(id)
  if (arrivals.length > 0) return true
  throw new NoEvidence(
    `${url} leads to an origin, but its request is not in the ledger of ${origins.urls.join(', ')}: name the admin ports of all pods with --origin, or let X-HP-Id pass`,
  )
}

function namesOf(answer: Answer): readonly string[] {
  return ['Server', 'Via', 'X-Powered-By'].flatMap((name) =>
    valuesIn(answer, name).map((value) => `${name}: ${value}`),
  )
}
