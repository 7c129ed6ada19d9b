import { parseBytes, parseDurationMs } from '../../traffic/units.ts'
import { loadScenarios } from './scenarios.ts'
import type { Stage } from './schedule.ts'
import { type Threshold, allowedThreshold, parseThreshold } from './thresholds.ts'

/** A flag of `hpdummy load`: how its text becomes a value. */
interface Flag<T> {
  readonly doc: string
  /** What stands for its value in help; a flag without one is a switch. */
  readonly value?: string
  readonly short?: string
  readonly isRepeatable?: boolean
  /** The values that are known. */
  readonly words?: readonly string[]
  /** Completes "use ...". */
  readonly allowed: string
  /** The value, undefined when the text is none, or a sentence. */
  readonly parse: (text: string) => T | undefined
  /** Says more of a text that is no value. */
  readonly why?: (text: string) => string | undefined
}

const most = { rate: 10_000_000, connections: 262_144, workers: 256, streams: 1000, count: 1e12 }

const text = (given: string): string | undefined => (given === '' ? undefined : given)

function whole(limit: number, least = 1): (given: string) => number | undefined {
  return (given) => {
    const number = /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN
    return number >= least && number <= limit ? number : undefined
  }
}

function positiveTime(given: string): number | undefined {
  const ms = parseDurationMs(given, 's')
  return ms !== undefined && ms > 0 && ms <= 7 * 24 * 3.6e6 ? ms : undefined
}

const time = 'a time above 0 such as 30s, 500ms, 5m (a bare number counts seconds)'

function parseRate(given: string): number | undefined {
  const [, digits, unit = 's'] = /^(\d{1,9}(?:\.\d{1,9})?)(?:\/(s|m|h))?$/.exec(given) ?? []
  const rate = Number(digits) / { s: 1, m: 60, h: 3600 }[unit as 's' | 'm' | 'h']
  return rate > 0 && rate <= most.rate ? rate : undefined
}

/** `10s:100,1m:500`: in 10 s to 100 requests a second, then in a minute to 500. */
function parseStages(given: string): readonly Omit<Stage, 'from'>[] | undefined {
  const stages = given.split(',').map((part) => {
    const [length = '', rate = '', ...more] = part.split(':')
    const durationMs = parseDurationMs(length, 's')
    const to = rate === '0' ? 0 : parseRate(rate)
    return durationMs === undefined || to === undefined || more.length > 0
      ? undefined
      : { durationMs, to }
  })
  const known = stages.filter((stage) => stage !== undefined)
  return known.length === stages.length ? known : undefined
}

// RFC 9110, 5.6.2 and 5.5.
const headerText = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([^\r\n\0]*)$/

function parseHeader(given: string): readonly [string, string] | undefined {
  const [, name, value] = headerText.exec(given) ?? []
  return name === undefined || value === undefined ? undefined : [name, value.trim()]
}

function httpUrl(given: string): URL | undefined {
  const absolute = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `http://${given}`
  const url = URL.canParse(absolute) ? new URL(absolute) : undefined
  return url !== undefined && /^https?:$/.test(url.protocol) ? url : undefined
}

/** Completes "use ..." for a URL. */
export const allowedUrl = 'a URL such as http://localhost:8080/bin/1K'

/** Reads the URL of what is to be loaded; http:// may be left out, as curl has it. */
export const parseUrl: (given: string) => URL | undefined = httpUrl

function parseWarmUp(given: string): WarmUp | undefined {
  const requests = whole(most.count)(given)
  if (requests !== undefined) return { requests }
  const ms = positiveTime(given)
  return ms === undefined ? undefined : { ms }
}

/** Before the run: for so long, or so many requests. */
export type WarmUp = { readonly requests: number } | { readonly ms: number }

const arrivals = ['constant', 'poisson'] as const

const parseArrivals = (given: string): (typeof arrivals)[number] | undefined =>
  arrivals.find((one) => one === given)

const parseSwitch = (given: string): boolean | undefined =>
  given === 'true' ? true : given === 'false' ? false : undefined

const parseFail = (given: string): Threshold | undefined => {
  const threshold = parseThreshold(given)
  return typeof threshold === 'string' ? undefined : threshold
}

const whyNoThreshold = (given: string): string | undefined => {
  const why = parseThreshold(given)
  return typeof why === 'string' ? why : undefined
}

const flag = <T>(one: Flag<T>): Flag<T> => one
const toggle = (doc: string, short?: string): Flag<boolean> => ({
  doc,
  allowed: 'true or false',
  words: ['true', 'false'],
  parse: parseSwitch,
  ...(short !== undefined && { short }),
})
const duration = (doc: string): Flag<number> => ({
  doc,
  value: 'TIME',
  allowed: time,
  parse: positiveTime,
})
const count = (doc: string, limit: number): Flag<number> => ({
  doc,
  value: 'N',
  allowed: `a whole number from 1 to ${limit}`,
  parse: whole(limit),
})
const adminUrl = (doc: string): Flag<URL> => ({
  doc,
  value: 'URL',
  allowed: 'the URL of an admin port, such as http://localhost:9000',
  parse: httpUrl,
})

/** Every flag, in the order in which help lists them. */
export const loadFlags = {
  rate: flag({
    doc: 'requests a second, whether or not answers come (an open schedule); 100 unless said otherwise',
    value: 'N',
    allowed: `a rate above 0 such as 500, 0.5 or 30/m, up to ${most.rate}`,
    parse: parseRate,
  }),
  stages: flag({
    doc: 'rates over time: 10s:100,1m:500 goes to 100 in 10 s, then to 500 in a minute; starts at --rate, or 0',
    value: 'LIST',
    allowed: 'times and rates such as 10s:100,1m:500,30s:0',
    parse: parseStages,
  }),
  arrivals: flag({
    doc: 'gaps between requests: constant, or poisson as of many clients that know nothing of each other',
    value: 'KIND',
    words: arrivals,
    allowed: 'constant or poisson',
    parse: parseArrivals,
  }),
  connections: count(
    'the most connections at once, 1000 unless said otherwise; without a rate: a closed loop, in which each connection sends its next request when the last was answered',
    most.connections,
  ),
  duration: duration('how long to send; 10s unless there is a number of requests'),
  requests: count('how many to send; with --duration, whichever ends first', most.count),
  warmUp: flag({
    doc: 'before the run, uncounted: a time such as 5s at the first rate, or a number of requests on 10 connections',
    value: 'TIME|N',
    allowed: 'a time such as 5s, or a number of requests',
    parse: parseWarmUp,
  }),
  timeout: duration('a request without a whole answer by then is an error; 30s'),
  method: flag({
    doc: 'GET, or POST when there is a body',
    value: 'NAME',
    short: '-X',
    allowed: 'a method such as PUT',
    parse: (given: string) => (/^[!#$%&'*+.^_`|~\w-]{1,32}$/.test(given) ? given : undefined),
  }),
  header: flag({
    doc: "a header, repeatable: 'Name: value'",
    value: 'TEXT',
    short: '-H',
    isRepeatable: true,
    allowed: "a header such as 'Accept: text/html'",
    parse: parseHeader,
  }),
  body: flag({
    doc: 'the body; {n} in it, in the path or in a header is the number of the request, {n%1000} its rest',
    value: 'TEXT',
    short: '-d',
    allowed: 'any text',
    parse: text,
  }),
  bodySize: flag({
    doc: 'a body of so many bytes made up from --seed, as /bin makes them: /upload?seed=N checks it',
    value: 'SIZE',
    allowed: 'a size such as 64K or 1M',
    parse: parseBytes,
  }),
  seed: flag({
    doc: 'of the body and of random gaps; 0',
    value: 'N',
    allowed: 'a whole number from 0 to 4294967295',
    parse: whole(2 ** 32 - 1, 0),
  }),
  h2: toggle('HTTP/2, over TLS or with prior knowledge'),
  streams: count('requests under way on one connection of HTTP/2; 100', most.streams),
  keepAlive: toggle('keeps connections for further requests; false: a new one for each'),
  insecure: toggle('takes any certificate', '-k'),
  workers: count('threads that send, a core each; 1', most.workers),
  scenario: flag({
    doc: `a load by its name: ${Object.keys(loadScenarios).join(', ')}`,
    value: 'NAME',
    words: Object.keys(loadScenarios),
    allowed: `one of ${Object.keys(loadScenarios).join(', ')}`,
    parse: (given: string) => (Object.hasOwn(loadScenarios, given) ? given : undefined),
  }),
  origin: adminUrl(
    "the origin's admin port: its headroom and numbers beside the client's, and its part of the latency; each request then has X-HP-Id and X-HP-Run",
  ),
  ledger: adminUrl(
    'an admin port whose ledger is asked at the end what arrived; each request then has X-HP-Id and X-HP-Run',
  ),
  run: flag({
    doc: 'the name in X-HP-Run, and the begin of X-HP-Id; made up when --ledger or --origin needs one',
    value: 'NAME',
    allowed: 'up to 64 letters, digits, dots, dashes and underscores',
    parse: (given: string) => (/^[\w.-]{1,64}$/.test(given) ? given : undefined),
  }),
  fail: flag({
    doc: "what the run must not have, such as 'p99>200ms', repeatable; exit code 1 when it has",
    value: 'TEXT',
    isRepeatable: true,
    allowed: allowedThreshold,
    parse: parseFail,
    why: whyNoThreshold,
  }),
  progress: duration('between two lines of progress where standard error is no terminal; 5s'),
  json: toggle('the report as JSON on standard output'),
  html: flag({
    doc: 'writes the report as one HTML file with charts',
    value: 'FILE',
    allowed: 'a file to write',
    parse: text,
  }),
}

export type LoadFlagName = keyof typeof loadFlags

/** What the command line said, by flag. */
export type LoadFlagValues = {
  readonly [Name in LoadFlagName]?: readonly Exclude<
    ReturnType<(typeof loadFlags)[Name]['parse']>,
    undefined
  >[]
}
