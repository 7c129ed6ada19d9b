import { randomUUID } from 'node:crypto'

import { type LoadFlagName, type LoadFlagValues, allowedUrl, parseUrl } from './flags.ts'
import type { Body, Plan, RequestShape, Target } from './plan.ts'
import { flagOf, readWords } from './read-words.ts'
import { loadScenarios } from './scenarios.ts'
import type { Schedule, Stage } from './schedule.ts'

/** What the command line asks for, or a sentence for each thing that is wrong with it. */
export type PlanRead = { readonly plan: Plan } | { readonly problems: readonly string[] }

const defaults = {
  rate: 100,
  durationMs: 10_000,
  connections: 1000,
  http2Connections: 1,
  streams: 100,
  timeoutMs: 30_000,
  progressMs: 5000,
} as const

// As the client that the named loads come from.
const countedWarmUp = { connections: 10, mostMs: 5000 } as const

// A text is made anew for each request; what is longer is made up, and sent in pieces.
const longestText = 2 ** 20

/** Reads the words after `hpdummy load`. */
export function readPlan(argv: readonly string[]): PlanRead {
  const first = readWords(argv)
  const name = first.values.scenario?.at(-1)
  const scenario = name === undefined ? undefined : loadScenarios[name]
  // What a person writes comes after what the name stands for, and counts.
  const { values, loose, problems } =
    scenario === undefined ? first : readWords([...scenario.flags, ...argv])
  const [word, ...rest] = loose
  const url = word === undefined ? undefined : parseUrl(word)
  const wrong = [
    ...problems,
    ...(word === undefined ? [`load: say what to load: use ${allowedUrl}`] : []),
    ...(word !== undefined && url === undefined
      ? [`load: ${JSON.stringify(word.slice(0, 80))} is no URL; use ${allowedUrl}`]
      : []),
    ...(rest.length > 0
      ? [`load: takes one URL; leave out ${rest.join(' ').slice(0, 80)}; a flag begins with --`]
      : []),
    ...contradictions(values),
  ]
  if (wrong.length > 0 || url === undefined) return { problems: wrong }
  if (scenario !== undefined && url.pathname === '/') url.pathname = scenario.path
  return { plan: planOf(url, values) }
}

function contradictions(values: LoadFlagValues): readonly string[] {
  const given = (name: LoadFlagName): boolean => values[name] !== undefined
  const both: readonly (readonly [LoadFlagName, LoadFlagName, string])[] = [
    ['body', 'bodySize', 'a request has one body'],
    ['stages', 'duration', 'the stages say how long the run is'],
  ]
  const found = both
    .filter(([one, other]) => given(one) && given(other))
    .map(([one, other, why]) => `${flagOf(one)} and ${flagOf(other)}: ${why}; leave one out`)
  const isClosed = given('connections') && !given('rate') && !given('stages')
  const stages = values.stages?.at(-1)
  return [
    ...found,
    ...(isClosed && given('arrivals')
      ? ['--arrivals: a closed loop has no schedule; give a --rate, too']
      : []),
    ...(given('streams') && values.h2?.at(-1) !== true
      ? ['--streams: only HTTP/2 has streams; give --h2, too']
      : []),
    ...(given('body') && (values.body?.at(-1)?.length ?? 0) > longestText
      ? ['--body: at most 1 MiB; use --body-size for longer ones']
      : []),
    ...(stages !== undefined && !stages.some(({ durationMs }) => durationMs > 0)
      ? ['--stages: no stage takes any time; use times and rates such as 10s:100,1m:500']
      : []),
  ]
}

function planOf(url: URL, values: LoadFlagValues): Plan {
  const ledger = values.ledger?.at(-1)?.href
  const origin = values.origin?.at(-1)?.href
  // The ledger looks a run up by its name, and the origin says its part of the time to requests with an id only.
  const needsRun = ledger !== undefined || origin !== undefined
  const run = values.run?.at(-1) ?? (needsRun ? `load-${randomUUID().slice(0, 8)}` : undefined)
  const isHttp2 = values.h2?.at(-1) ?? false
  const connections =
    values.connections?.at(-1) ?? (isHttp2 ? defaults.http2Connections : defaults.connections)
  const stages = stagesOf(values)
  const workers = Math.min(values.workers?.at(-1) ?? 1, connections)
  return {
    traffic: {
      target: targetOf(url, values.insecure?.at(-1) ?? false),
      request: requestOf(url, values),
      ...warmUpOf(values, stages, connections),
      schedule: scheduleOf(values, stages),
      version: isHttp2 ? '2' : '1.1',
      connections,
      streams: values.streams?.at(-1) ?? defaults.streams,
      keepsAlive: values.keepAlive?.at(-1) ?? true,
      timeoutMs: values.timeout?.at(-1) ?? defaults.timeoutMs,
      run,
    },
    workers,
    stages,
    ledger,
    origin,
    thresholds: values.fail ?? [],
    progressMs: values.progress?.at(-1) ?? defaults.progressMs,
    isJson: values.json?.at(-1) ?? false,
    htmlFile: values.html?.at(-1),
  }
}

function targetOf(url: URL, isInsecure: boolean): Target {
  const isTls = url.protocol === 'https:'
  return {
    url: url.href,
    host: url.hostname.replaceAll(/[[\]]/g, ''),
    port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
    authority: url.host,
    isTls,
    isInsecure,
  }
}

function requestOf(url: URL, values: LoadFlagValues): RequestShape {
  const body = bodyOf(values)
  const headers = values.header ?? []
  const names = new Set(headers.map(([name]) => name.toLowerCase()))
  const basic = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  return {
    method: values.method?.at(-1) ?? (body.kind === 'none' ? 'GET' : 'POST'),
    // A URL escapes the braces of a number's place.
    path: `${url.pathname}${url.search}`.replaceAll(/%7B(n(?:%\d{1,15})?)%7D/gi, '{$1}'),
    headers: [
      ...(names.has('user-agent') ? [] : [['User-Agent', 'hpdummy-load'] as const]),
      ...(basic === ':' || names.has('authorization')
        ? []
        : [['Authorization', `Basic ${Buffer.from(basic).toString('base64')}`] as const]),
      ...headers,
    ],
    body,
  }
}

function bodyOf(values: LoadFlagValues): Body {
  const bytes = values.bodySize?.at(-1)
  if (bytes !== undefined) return { kind: 'made', bytes, seed: values.seed?.at(-1) ?? 0 }
  const text = values.body?.at(-1)
  return text === undefined ? { kind: 'none' } : { kind: 'text', text }
}

/** None when the loop is closed. */
function stagesOf(values: LoadFlagValues): readonly Stage[] {
  const rate = values.rate?.at(-1)
  const steps = values.stages?.at(-1)
  if (steps !== undefined) {
    let from = rate ?? 0
    return steps
      .map(({ durationMs, to }) => {
        const stage = { durationMs, from, to }
        from = to
        return stage
      })
      .filter(({ durationMs }) => durationMs > 0)
  }
  if (rate === undefined && values.connections !== undefined) return []
  const to = rate ?? defaults.rate
  const requests = values.requests?.at(-1)
  const enoughMs = requests === undefined ? defaults.durationMs : (requests / to) * 1000
  return [{ durationMs: values.duration?.at(-1) ?? enoughMs, from: to, to }]
}

function scheduleOf(values: LoadFlagValues, stages: readonly Stage[]): Schedule {
  const requests = values.requests?.at(-1) ?? Number.POSITIVE_INFINITY
  if (stages.length > 0) {
    const arrivals = values.arrivals?.at(-1) ?? 'constant'
    return { kind: 'open', stages, arrivals, requests, seed: values.seed?.at(-1) ?? 0 }
  }
  const counted = Number.isFinite(requests) ? Number.POSITIVE_INFINITY : defaults.durationMs
  return { kind: 'closed', durationMs: values.duration?.at(-1) ?? counted, requests }
}

function warmUpOf(
  values: LoadFlagValues,
  stages: readonly Stage[],
  connections: number,
): Pick<Plan['traffic'], 'warmUp' | 'warmUpConnections'> {
  const warmUp = values.warmUp?.at(-1)
  if (warmUp === undefined) return { warmUp: undefined, warmUpConnections: 0 }
  if ('requests' in warmUp) {
    const { requests } = warmUp
    return {
      warmUp: { kind: 'closed', durationMs: countedWarmUp.mostMs, requests },
      warmUpConnections: Math.min(connections, countedWarmUp.connections),
    }
  }
  const durationMs = warmUp.ms
  const requests = Number.POSITIVE_INFINITY
  const [first] = stages
  if (first === undefined)
    return { warmUp: { kind: 'closed', durationMs, requests }, warmUpConnections: connections }
  const rate = first.from === 0 ? first.to : first.from
  const flat = [{ durationMs, from: rate, to: rate }]
  return {
    warmUp: { kind: 'open', stages: flat, arrivals: 'constant', requests, seed: 0 },
    warmUpConnections: connections,
  }
}
