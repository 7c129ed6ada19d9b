import {
  type Exchange,
  type Headers,
  type Interim,
  type Reply,
  type ReplyBody,
} from '../../endpoints/endpoint.ts'
import { errorText } from '../../errors.ts'
import type { Mark } from '../../traffic/faults/plan.ts'
import { type BentChunks, bendChunks } from '../../traffic/marks.ts'
import type { Chunk, Chunks } from '../../traffic/pace.ts'
import { patternPayload } from '../../traffic/payload.ts'
import type { Injection } from './injection.ts'

/** What bends a reply, and who hears of it. */
export type Bent = Pick<Injection, 'plan' | 'evidence' | 'done' | 'reached'>

/**
 * The reply as the plan bends it: status, body, headers, and the way of the body's bytes. What only the listener can do
 * (waits, the end of the connection, HTTP/1.1's own bytes) it reads in the plan itself. `done` hears of each fault when
 * it happens.
 */
export function bendReply(reply: Reply, injection: Bent, exchange: Exchange): Reply {
  const { plan, done, evidence } = injection
  let { status, headers, body } = reply
  if (plan.status !== undefined) {
    ;[status, headers, body] = [plan.status, ...injected(plan.status, exchange)]
    done('status')
  }
  if (plan.sizeBytes !== undefined && body.kind !== 'none') {
    const { sizeBytes } = plan
    const payload = patternPayload(exchange.origin.block, sizeBytes)
    headers = headers.filter(([name]) => !describesBody.test(name))
    headers = [['Content-Type', 'application/octet-stream'], ...headers]
    body = { kind: 'sized', payload, start: 0, end: sizeBytes, isChunked: false }
    done('sizeBytes')
  }
  if (plan.isLast === true) done('isLast')
  if (plan.headers !== undefined) done('headers')
  if (plan.interim !== undefined) done('interim')
  const { constantUnless: _, ...rest } = reply
  return {
    ...rest,
    status,
    headers: [...headers, ...(plan.headers ?? []), ...(plan.notes ?? []), ...evidence],
    body: bendBody(body, injection, exchange),
    ...(plan.interim !== undefined && { interim: interimOf(plan.interim) }),
  }
}

const describesBody = /^(?:content-(?:type|range|disposition|encoding|digest)|repr-digest|etag)$/i

// RFC 9110 6.4.1: these have no body.
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

function injected(status: number, exchange: Exchange): [Headers, ReplyBody] {
  const { requestId } = exchange
  const id = ['X-Request-ID', requestId] as const
  if (bodiless.has(status)) return [[id], { kind: 'none' }]
  const text = errorText('INJECTED', `status ${status} was asked for by hp`, requestId)
  return [[['Content-Type', 'application/json'], id], { kind: 'bytes', bytes: text }]
}

function interimOf({ status, count }: { status: number; count: number }): readonly Interim[] {
  return Array.from({ length: count }, () => ({ status, headers: [], waitMs: 0 }))
}

function bendBody(body: ReplyBody, injection: Bent, exchange: Exchange): ReplyBody {
  const { plan, done } = injection
  const { bodyDelayMs = 0, pace } = plan
  if (body.kind === 'none') return body
  const bodyBytes = knownLength(body)
  const isInside = ({ at }: Mark): boolean => bodyBytes === undefined || at < bodyBytes
  const marks = (plan.marks ?? []).filter((mark) => isInside(mark))
  const isChunked = plan.isChunkBad === true || plan.head === 'length-and-chunks'
  if (marks.length === 0 && pace === undefined && bodyDelayMs === 0) {
    return isChunked ? { kind: 'stream', chunks: chunksOf(body) } : body
  }
  const { chunks, endsBy } = bendChunks(chunksOf(body), {
    marks,
    pace,
    bodyBytes,
    waitMs: bodyDelayMs,
    mostMs: exchange.origin.limits().delayMs,
    onMark: ({ fault }) => injection.reached(fault),
  })
  if (bodyDelayMs > 0) done('bodyDelayMs')
  if (pace !== undefined) done('pace')
  const length = bodyBytes === undefined || isChunked ? {} : { bytes: bodyBytes }
  return { kind: 'stream', chunks, endsBy, ...length }
}

/** How the connection is to end where the body stopped; undefined when the body is whole. */
export function endOf(body: ReplyBody): ReturnType<BentChunks['endsBy']> {
  return body.kind === 'stream' ? body.endsBy?.() : undefined
}

function chunksOf(body: Exclude<ReplyBody, { kind: 'none' }>): Chunks {
  switch (body.kind) {
    case 'bytes':
      return [{ waitMs: 0, render: () => body.bytes }]
    case 'sized':
      return { [Symbol.iterator]: () => slicesOf(body) }
    case 'stream':
      return body.chunks
  }
}

function* slicesOf({
  payload,
  start,
  end,
}: Extract<ReplyBody, { kind: 'sized' }>): Generator<Chunk> {
  for (let at = start; at < end;) {
    const slice = payload.slice(at, end - at)
    yield { waitMs: 0, render: () => slice }
    at += slice.length
  }
}

/** The length of a body, where the head says it: undefined when it is chunked or there is none. */
export function knownLength(body: ReplyBody): number | undefined {
  switch (body.kind) {
    case 'none':
      return undefined
    case 'bytes':
      return typeof body.bytes === 'string' ? Buffer.byteLength(body.bytes) : body.bytes.length
    case 'sized':
      return body.isChunked ? undefined : body.end - body.start
    case 'stream':
      return body.bytes
  }
}
