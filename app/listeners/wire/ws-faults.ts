import type { Reply } from '../../endpoints/endpoint.ts'
import type { Fields } from '../../traffic/faults/plan.ts'
import { type Injection, planText, readInjection } from '../http/injection.ts'
import { bendReply } from '../http/plan.ts'
import type { ExchangeRecord } from '../http/record.ts'
import { hostOf } from '../port/address.ts'
import type { Bending } from '../port/bent-connection.ts'
import { ClientLeft, type OnLeave, waitFor } from '../port/waits.ts'
import type { WireExchange } from './exchange.ts'

/** Reads what is to happen to a handshake and the frames after it. Throws a refusal. */
export function readHandshakeInjection(
  exchange: WireExchange,
  { record, route }: { readonly record: ExchangeRecord; readonly route: string },
): Injection | undefined {
  const { origin, query, method, path, sourceAddress, connection } = exchange
  return readInjection({
    origin,
    carrier: 'websocket',
    query,
    method,
    path,
    listener: 'wire',
    header: (name) => exchange.header(name),
    planText: () => planText(exchange.headers),
    record,
    route,
    client: () => hostOf(sourceAddress),
    connection: () => connection.id,
  })
}

/** What goes wrong on purpose with a WebSocket that was agreed to. */
export interface WireWsFaults {
  /** Further fields of the handshake's answer. */
  readonly headers: Fields
  readonly bending: Bending
}

/** How a version of HTTP ends a handshake that does not become a WebSocket. */
export interface HandshakeEnds {
  readonly onLeave: OnLeave
  readonly cut: (by: 'fin' | 'rst') => void
  readonly refuse: (reply: Reply) => void
}

/** Lets happen what goes wrong before the handshake's answer; whether it is to be agreed to after that. */
export async function suffer(
  exchange: WireExchange,
  injection: Injection,
  { onLeave, cut, refuse }: HandshakeEnds,
): Promise<boolean> {
  const { done, evidence } = injection
  const { delayMs = 0, noAnswer, status, headers = [], notes = [] } = injection.plan
  if (delayMs > 0) {
    const ms = Math.min(delayMs, exchange.origin.limits().delayMs)
    if (!(await hasTime(ms, onLeave))) return false
    done('delayMs')
  }
  if (noAnswer !== undefined) {
    done('noAnswer')
    cut(noAnswer)
    return false
  }
  if (status === undefined) return true
  const nothing: Reply = { status, headers: [], body: { kind: 'none' } }
  const reached = injection.reached.bind(injection)
  const plan = { status, headers, notes }
  refuse(bendReply(nothing, { plan, done, evidence, reached }, exchange))
  return false
}

/** Waits; false when the client leaves before. */
async function hasTime(ms: number, onLeave: OnLeave): Promise<boolean> {
  try {
    await waitFor(ms, onLeave)
    return true
  } catch (error) {
    if (error instanceof ClientLeft) return false
    throw error
  }
}

/** What goes wrong once the handshake is agreed to. */
export function faultsOf(
  injection: Injection,
  { origin }: WireExchange,
  { record, reset }: { readonly record: ExchangeRecord; readonly reset: Bending['reset'] },
): WireWsFaults {
  const { plan, evidence, done } = injection
  if (plan.headers !== undefined) done('headers')
  const cuts = (plan.marks ?? []).filter(({ kind }) => kind === 'rst' || kind === 'fin')
  const onDone = (fault: string): void => {
    injection.reached(fault)
    if (cuts.some((mark) => mark.fault === fault)) record.endsByFault()
  }
  return {
    headers: [...(plan.headers ?? []), ...(plan.notes ?? []), ...evidence],
    bending: { plan, mostMs: origin.limits().delayMs, onDone, reset },
  }
}

/** Fields as Node's HTTP/2 takes them: each name in lower case, with all its values. */
export function groupFields(fields: Fields): Readonly<Record<string, readonly string[]>> {
  const byName = Map.groupBy(fields, ([name]) => name.toLowerCase())
  return Object.fromEntries(
    [...byName].map(([name, same]) => [name, same.map(([, value]) => value)]),
  )
}
