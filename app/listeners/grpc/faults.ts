import { flag } from '../../endpoints/codecs.ts'
import type { Headers, Origin } from '../../endpoints/endpoint.ts'
import type { Call } from '../../endpoints/grpc/grpc-endpoint.ts'
import { OriginError, grpcStatuses, resetCodes } from '../../errors.ts'
import { type Weighted, drawChance, parseChances } from '../../traffic/chance.ts'
import type { Plan } from '../../traffic/faults/plan.ts'
import { formatDurationMs, parseDurationMs } from '../../traffic/units.ts'
import { firstValue } from '../http/first-value.ts'
import { type FaultAccount, planText, readInjection } from '../http/injection.ts'
import { hostOf } from '../port/address.ts'
import type { GrpcPort } from './port.ts'
import type { GrpcSession } from './session.ts'

/** Settings of class hot: the faults of all connections (`grpc.*`). */
export interface GrpcTuning {
  /** False switches off every fault, including those that a call asks for. */
  readonly hasFaults: boolean
  /** `UNAVAILABLE:5,INTERNAL:1`, in percent of calls. */
  readonly status: string | undefined
  readonly delayMs: number
  /** `CANCEL:5`, in percent of calls. */
  readonly resetStream: string | undefined
  /** 0 is never. */
  readonly goawayAfter: number
  /** 0 is never. */
  readonly maxConnectionAgeMs: number
}

type StatusName = keyof typeof grpcStatuses
type ResetName = keyof typeof resetCodes

/** Draws the faults of a call: from its metadata, otherwise from the settings. Refuses bad metadata. */
function drawPlan(
  tuning: GrpcTuning,
  metadata: readonly string[],
  origin: Pick<Origin, 'limits' | 'random'>,
): Plan | undefined {
  if (!tuning.hasFaults) return undefined
  const asked = (name: string): string => firstValue(metadata, name)
  const delayMs = delayOf(asked('x-hp-delay'), origin) ?? tuning.delayMs
  const hasGoaway = goawayOf(asked('x-hp-goaway'), origin)
  const reset = draw(resets, [asked('x-hp-reset-stream'), tuning.resetStream], origin)
  const status = draw(statuses, [asked('x-hp-status'), tuning.status], origin)
  if (delayMs === 0 && !hasGoaway && reset === undefined && status === undefined) return undefined
  return {
    delayMs,
    hasGoaway,
    ...(reset !== undefined && { rstStream: resetCodes[reset] }),
    ...(status !== undefined && { grpcStatus: grpcStatuses[status] }),
  }
}

// grpc/doc/http-grpc-status-mapping.md
const statusOfHttp: Readonly<Record<number, number>> = {
  400: grpcStatuses.INTERNAL,
  401: grpcStatuses.UNAUTHENTICATED,
  403: grpcStatuses.PERMISSION_DENIED,
  404: grpcStatuses.UNIMPLEMENTED,
  429: grpcStatuses.UNAVAILABLE,
  502: grpcStatuses.UNAVAILABLE,
  503: grpcStatuses.UNAVAILABLE,
  504: grpcStatuses.UNAVAILABLE,
}

/** The faults of a call. */
export interface Misfortune {
  readonly plan: Plan
  /** Metadata that reports them. */
  readonly evidence: Headers
  /** Call it when all faults of the hp grammar have been carried out. */
  readonly done: () => void
}

/**
 * Draws the faults of a call: from the metadata `x-hp` or defaults.hp, before its other metadata, before the settings
 * `grpc.*`. Throws a refusal.
 */
export function readMisfortune(
  call: Pick<Call, 'origin' | 'metadata' | 'first' | 'path'>,
  { port, session, record }: { port: GrpcPort; session: GrpcSession; record: FaultAccount },
): Misfortune | undefined {
  const { origin, metadata, path } = call
  const injection = readInjection({
    origin,
    carrier: 'grpc',
    query: '',
    method: 'POST',
    path,
    listener: 'grpc',
    header: (name) => call.first(name),
    planText: () => planText(metadata),
    record,
    route: path,
    client: () => hostOf(session.source),
    connection: () => session.id,
  })
  const drawn = drawPlan(port.tuning(), metadata, origin)
  if (injection === undefined && drawn === undefined) return undefined
  const joined = { ...drawn, ...ofCall(injection?.plan ?? {}) }
  const delayMs = Math.min(joined.delayMs ?? 0, origin.limits().delayMs)
  return {
    plan: { ...joined, delayMs },
    evidence: injection?.evidence ?? [],
    done() {
      for (const part of Object.keys(injection?.plan ?? {})) injection?.done(part as keyof Plan)
    },
  }
}

// HTTP statuses become those that gRPC has for them.
function ofCall(plan: Plan): Plan {
  const { status, grpcStatus } = plan
  if (status === undefined || grpcStatus !== undefined) return plan
  return { ...plan, grpcStatus: statusOfHttp[status] ?? grpcStatuses.UNKNOWN }
}

/** One kind of outcome that comes by chance. */
interface Kind<T extends string> {
  readonly name: string
  readonly words: readonly T[]
  /** The setting as it was parsed last. */
  last: { readonly text: string; readonly chances: readonly Weighted<T>[] } | undefined
}

// Keys of closed tables, whose types Object.keys loses.
const statuses: Kind<StatusName> = {
  name: 'x-hp-status',
  // OK is not a fault.
  words: (Object.keys(grpcStatuses) as StatusName[]).filter((name) => name !== 'OK'),
  last: undefined,
}
const resets: Kind<ResetName> = {
  name: 'x-hp-reset-stream',
  words: Object.keys(resetCodes) as ResetName[],
  last: undefined,
}

function draw<T extends string>(
  kind: Kind<T>,
  [asked, setting]: readonly [asked: string, setting: string | undefined],
  { random }: Pick<Origin, 'random'>,
): T | undefined {
  if (asked !== '') return drawChance(parse(kind, asked), random)
  if (setting === undefined) return undefined
  if (kind.last?.text !== setting) kind.last = { text: setting, chances: parse(kind, setting) }
  return drawChance(kind.last.chances, random)
}

function parse<T extends string>({ name, words }: Kind<T>, text: string): readonly Weighted<T>[] {
  const chances = parseChances(text, (word) => words.find((known) => known === word))
  if (chances !== undefined) return chances
  const example = `${words[0]}:5,${words[1]}:1`
  throw refusal(
    `${name} is wrong; use percentages such as ${example}, or one word alone for always; known are ${words.join(', ')}`,
  )
}

function delayOf(asked: string, { limits }: Pick<Origin, 'limits'>): number | undefined {
  if (asked === '') return undefined
  const ms = parseDurationMs(asked)
  const { delayMs } = limits()
  if (ms === undefined) {
    throw refusal('x-hp-delay is wrong; use milliseconds, or a time such as 250ms, 1.5s or 2m')
  }
  if (ms > delayMs) {
    throw refusal(`x-hp-delay is past limits.delay (${formatDurationMs(delayMs)})`)
  }
  return ms
}

const yesOrNo = flag()

function goawayOf(asked: string, { limits }: Pick<Origin, 'limits'>): boolean {
  if (asked === '') return false
  const isOn = yesOrNo.parse(asked, limits())
  if (isOn === undefined) throw refusal(`x-hp-goaway is wrong; use ${yesOrNo.allowed}`)
  return isOn
}

function refusal(message: string): OriginError {
  return new OriginError('INVALID_REQUEST', message)
}
