import type { Headers, Origin } from '../../endpoints/endpoint.ts'
import { wireOnly } from '../../endpoints/wire-only.ts'
import { OriginError } from '../../errors.ts'
import type { Carrier, Fault, Plan } from '../../traffic/faults/plan.ts'
import { type Drawn, drawPlan } from '../../traffic/hp/draw.ts'
import {
  type CountedBy,
  type Hp,
  HpProblem,
  type Pair,
  joinAll,
  mergeHp,
  parseHp,
  parsePair,
  printDone,
  printHp,
  unfitFor,
} from '../../traffic/hp/grammar.ts'
import { isMatch } from '../../traffic/scenario-match.ts'
import { formatBytes, formatDurationMs } from '../../traffic/units.ts'
import { joinedValue } from './header-list.ts'
import type { ExchangeRecord } from './record.ts'

/** The header that asks for faults; a request without it costs one look. */
export const planHeader = 'x-hp'

/** What all lines of it say, of names in lower case and values alternating; '' without one. */
export function planText(headers: readonly string[]): string {
  return joinedValue(headers, planHeader, '; ')
}

/** The header that names an exchange, for counts and evidence. */
export const idHeader = 'x-hp-id'

/** Where it is noted which faults were asked for and which happened (ExchangeRecord). */
export type FaultAccount = Pick<ExchangeRecord, 'asked' | 'injected' | 'atEnd'> &
  Partial<Pick<ExchangeRecord, 'isRecorded'>>

/** What a listener says of a request that may ask for faults. */
export interface Asking {
  readonly origin: Origin
  readonly carrier: Carrier
  readonly query: string
  readonly method: string
  /** Of the target, as it came. */
  readonly path: string
  /** Its name in metrics. */
  readonly listener: string
  /** The first value of a header by lower-case name, or ''. */
  readonly header: (name: string) => string
  /** What all lines of the header X-HP say (planText); '' without one. */
  readonly planText: () => string
  readonly record: FaultAccount
  /** The row's path. */
  readonly route: string
  readonly client: () => string
  /** Undefined where the listener does not know its connections apart. */
  readonly connection: (() => string) | undefined
}

/** What one exchange suffers, and the account of it. */
export class Injection {
  readonly plan: Plan
  /** Headers that tell of it: of a seed that was asked for, and of all of it where there is evidence. */
  readonly evidence: Headers
  readonly #causes: Drawn['causes']
  readonly #record: FaultAccount

  constructor({ plan, causes }: Drawn, record: FaultAccount, evidence: Headers) {
    this.plan = plan
    this.evidence = evidence
    this.#causes = causes
    this.#record = record
  }

  /** A part of the plan is carried out. */
  readonly done = (part: keyof Plan): void => {
    const cause = this.#causes[part]
    if (cause !== undefined) this.#record.injected(cause)
  }

  /** A fault in the body is carried out. */
  reached(fault: string): void {
    this.#record.injected(fault)
  }
}

/**
 * What is to happen to an exchange: by `hp-<name>=` in the query, over the header `X-HP`, over the scenario, over
 * defaults.hp, name by name. Undefined when nothing is, or when faults.enabled is off. Throws INVALID_REQUEST for a text that cannot be read or is
 * past a limit, UNSUPPORTED_ON_LISTENER for a fault that this listener cannot carry out.
 */
export function readInjection(asking: Asking): Injection | undefined {
  const { origin, query } = asking
  const header = asking.planText()
  const standing = standingHp(asking)
  if (header === '' && standing === undefined && !query.includes('hp-')) return undefined
  if (!origin.hasFaults()) return undefined
  const asked = readAsked(query, header)
  if (asked !== undefined) check(asked, asking)
  const hp = joinStanding(asked, standing, asking.carrier)
  return hp === undefined ? undefined : inject(hp, asking, asked?.seed !== undefined)
}

/** What holds whatever the request asks for: the scenario's step, over defaults.hp. */
function standingHp(asking: Asking): Hp | undefined {
  const byDefault = asking.origin.defaultHp()
  const step = asking.origin.scenarioStep()
  if (step?.hp === undefined || !isMatch(step.match, asking)) return byDefault
  return byDefault === undefined ? step.hp : mergeHp(step.hp, byDefault)
}

function joinStanding(
  asked: Hp | undefined,
  standing: Hp | undefined,
  carrier: Carrier,
): Hp | undefined {
  if (standing === undefined) return asked
  const isFit = ({ choices }: Pair): boolean =>
    choices.every(({ fault }) => fault.carriers.includes(carrier))
  const fit = { ...standing, pairs: standing.pairs.filter((pair) => isFit(pair)) }
  return asked === undefined ? fit : mergeHp(asked, fit)
}

function inject(hp: Hp, asking: Asking, asksForSeed: boolean): Injection | undefined {
  const { origin, record, header, carrier } = asking
  const id = header(idHeader)
  for (const fault of faultsOf(hp)) record.asked(fault.name)
  const wantsEvidence = id !== '' || record.isRecorded === true || origin.hasEvidence()
  const isTold = wantsEvidence && carrier !== 'tcp'
  const drawn = drawPlan(hp, {
    random: origin.random,
    counts: origin.counts,
    keyOf: (by) => keyOf(by, id, asking),
    tellsSeed: isTold,
  })
  const { choices, seed } = drawn
  const seedLine: Headers =
    seed !== undefined && (isTold || asksForSeed) ? [['X-HP-Seed', seed]] : []
  if (choices.length > 0 && hasPlace(hp, asking)) {
    return new Injection(drawn, record, isTold ? [evidenceOf(choices), ...seedLine] : seedLine)
  }
  return seedLine.length === 0 ? undefined : new Injection(spared, record, seedLine)
}

const spared: Drawn = { plan: {}, choices: [], causes: {} }

/** Takes one of the places of max-active until the exchange is over. */
function hasPlace(hp: Hp, { origin, record }: Asking): boolean {
  if (hp.maxActive === undefined) return true
  const key = `active ${printHp(hp)}`
  if (!origin.counts.enter(key, hp.maxActive)) return false
  record.atEnd(() => origin.counts.leave(key))
  return true
}

function evidenceOf(choices: Drawn['choices']): Headers[number] {
  const injected = choices.map((choice) => printDone(choice)).join('; ')
  return ['X-HP-Injected', injected.replaceAll(/[^\x20-\x7e]/g, '+-')]
}

function keyOf(by: CountedBy | undefined, id: string, asking: Asking): string {
  if (by === 'client') return `client ${asking.client()}`
  if (by === 'connection') return `connection ${asking.connection?.() ?? ''}`
  return by === 'route' || id === '' ? `route ${asking.route}` : `id ${id}`
}

function faultsOf({ pairs }: Hp): ReadonlySet<Fault> {
  return new Set(pairs.flatMap(({ choices }) => choices.map(({ fault }) => fault)))
}

// Load generators send the same text with every request. Full means start again.
const mostKept = 1024
const longestKept = 1024
const keptHeaders = new Map<string, Hp>()
const keptPairs = new Map<string, Partial<Hp>>()

function kept<T>(cache: Map<string, T>, text: string, read: () => T): T {
  const known = cache.get(text)
  if (known !== undefined) return known
  const made = read()
  if (text.length > longestKept) return made
  if (cache.size >= mostKept) cache.clear()
  cache.set(text, made)
  return made
}

function readAsked(query: string, header: string): Hp | undefined {
  try {
    const byHeader = header === '' ? undefined : kept(keptHeaders, header, () => parseHp(header))
    const byQuery = query.includes('hp-') ? readQuery(query) : undefined
    if (byQuery === undefined || byHeader === undefined) return byQuery ?? byHeader
    return mergeHp(byQuery, byHeader)
  } catch (error) {
    if (!(error instanceof HpProblem)) throw error
    throw new OriginError('INVALID_REQUEST', `hp cannot be read:\n${error.message}`)
  }
}

function readQuery(query: string): Hp | undefined {
  // A plus sign is itself (cl=+10), not a space as in a form.
  const pairs = new URLSearchParams(query.replaceAll('+', '%2B'))
  const asked = [...pairs].filter(([name]) => name.startsWith('hp-'))
  if (asked.length === 0) return undefined
  return joinAll(
    asked.map(([name, value]) =>
      kept(keptPairs, `${name}=${value}`, () => parsePair(name.slice('hp-'.length), value)),
    ),
  )
}

/** Refuses a WebSocket handshake that asks for faults on a listener whose engine writes the frames itself. */
export function refuseForHandshake({
  origin,
  query,
  planText: textOf,
}: Pick<Asking, 'origin' | 'query' | 'planText'>): void {
  const text = textOf()
  if (text === '' && !query.includes('hp-')) return
  if (!origin.hasFaults() || readAsked(query, text) === undefined) return
  throw wireOnly(origin, 'the fast listener cannot carry out faults on a WebSocket')
}

/** Refuses what is past a limit, and what this listener cannot do. */
function check(hp: Hp, { origin, carrier, connection }: Asking): void {
  if (hp.ttlMs !== undefined) {
    refuse(
      'ttl is for what is set at run time, in defaults.hp or a scenario; what a request asks for ends with the request',
    )
  }
  const { delayMs, payloadBytes } = origin.limits()
  for (const { choices } of hp.pairs) {
    for (const { fault, what } of choices) {
      if ((what.delayMs ?? 0) > delayMs) {
        refuse(`${fault.name} is past limits.delay (${formatDurationMs(delayMs)})`)
      }
      if ((what.payloadBytes ?? 0) > payloadBytes) {
        refuse(`${fault.name} is past limits.payload (${formatBytes(payloadBytes)})`)
      }
    }
  }
  const [unfit] = unfitFor(hp, carrier)
  if (unfit !== undefined) throw unsupported(unfit, carrier, origin)
  if (hp.by === 'connection' && connection === undefined) {
    throw wireOnly(
      origin,
      'hp-by=connection is not supported on the fast listener, which cannot tell its connections apart',
    )
  }
}

function refuse(message: string): never {
  throw new OriginError('INVALID_REQUEST', message)
}

const carrierNames: Readonly<Record<Carrier, string>> = {
  fast: 'the fast listener',
  http1: 'HTTP/1.1',
  http2: 'HTTP/2',
  websocket: 'a WebSocket',
  tcp: 'TCP',
  grpc: 'gRPC',
}

function unsupported({ name, carriers }: Fault, carrier: Carrier, origin: Origin): OriginError {
  const sentence = `${carrierNames[carrier]} cannot carry out the fault ${name}`
  const isForCalls = carriers.every((one) => one === 'grpc')
  if (carrier === 'fast' && !isForCalls) return wireOnly(origin, sentence)
  const others = carriers.filter((one) => one !== 'fast').map((one) => carrierNames[one])
  return new OriginError('UNSUPPORTED_ON_LISTENER', `${sentence}; ask over ${others.join(' or ')}`)
}
