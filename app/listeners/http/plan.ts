import type { Exchange, Reply, ReplyBody } from '../../endpoints/endpoint.ts'
import { OriginError } from '../../errors.ts'
import { cutChunks } from '../../traffic/faults/cut.ts'
import type { Plan } from '../../traffic/faults/plan.ts'
import { faults, parseFault } from '../../traffic/faults/table.ts'
import type { Chunk, Chunks } from '../../traffic/pace.ts'

/** The header that asks for faults; a request without it costs one look. */
export const planHeader = 'x-hp'

/**
 * How the client asks its answer to be bent: by `hp-fault=` in the query, else by the header `X-HP: fault=...`.
 * Undefined when it asks for nothing, or when faults.enabled is off. Throws INVALID_REQUEST for a text that cannot be read.
 */
export function readPlan({
  query,
  header,
  origin,
}: {
  readonly query: string
  /** The value of X-HP, or ''. */
  readonly header: string
  readonly origin: Exchange['origin']
}): Plan | undefined {
  if (header === '' && !query.includes('hp-')) return undefined
  if (!origin.hasFaults()) return undefined
  const text = faultInQuery(query) ?? faultInHeader(header)
  return text === undefined ? undefined : (parseFault(text) ?? unreadable(text))
}

function faultInQuery(query: string): string | undefined {
  const asked = [...new URLSearchParams(query)].filter(([name]) => name.startsWith('hp-'))
  const stranger = asked.find(([name]) => name !== 'hp-fault')
  if (stranger !== undefined) unreadable(stranger[0])
  return asked.at(-1)?.[1]
}

function faultInHeader(header: string): string | undefined {
  const pairs = header.split(';').map((pair) => pair.trim())
  const asked = pairs.filter((pair) => pair !== '')
  const stranger = asked.find((pair) => !pair.startsWith('fault='))
  if (stranger !== undefined) unreadable(stranger)
  return asked.at(-1)?.slice('fault='.length)
}

function unreadable(text: string): never {
  const known = faults.map(({ example }) => example).join(', ')
  throw new OriginError(
    'INVALID_REQUEST',
    `"${text.slice(0, 100)}" is no fault this origin knows; use hp-fault=${known} in the query, or the header X-HP: fault=${known}`,
  )
}

/** The reply as the plan bends it; the reply itself when the plan asks for nothing that it has. */
export function bendReply(reply: Reply, { cutAt }: Plan): Reply {
  const { body } = reply
  if (cutAt === undefined || body.kind === 'none') return reply
  const bytes = knownLength(body)
  if (bytes !== undefined && bytes <= cutAt) return reply
  const { chunks, isCut } = cutChunks(chunksOf(body), cutAt)
  const { constantUnless: _, ...rest } = reply
  return {
    ...rest,
    body: { kind: 'stream', chunks, isCut, ...(bytes !== undefined && { bytes }) },
  }
}

/** Whether the connection is to end where the body stopped. */
export function endsCut(body: ReplyBody): boolean {
  return body.kind === 'stream' && body.isCut?.() === true
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
