import { randomUUID } from 'node:crypto'

import type { Chunk } from '../../traffic/pace.ts'
import type { Payload } from '../../traffic/payload.ts'
import type { Headers, Reply } from '../endpoint.ts'
import { type ByteRange, readRange } from './range.ts'

// RFC 9110 14.2 warns of requests for many small or overlapping ranges. With more than this the whole is sent.
const mostRanges = 32

/**
 * Reads a Range header of several ranges. Ranges past the end are left out, as RFC 9110 14.2 says. Undefined when it
 * names only one range, too many, or none that is understood: then `readRange` decides.
 */
export function readRanges(text: string, bytes: number): readonly ByteRange[] | undefined {
  const match = /^bytes=(.+,.+)$/i.exec(text.trim())
  const parts = match?.[1]?.split(',').map((part) => part.trim()) ?? []
  if (parts.length < 2 || parts.length > mostRanges) return undefined
  const ranges = parts.map((part) => readRange(`bytes=${part}`, bytes))
  if (ranges.includes('whole')) return undefined
  const satisfiable = ranges.filter((range): range is ByteRange => typeof range === 'object')
  const asked = satisfiable.reduce((sum, { start, end }) => sum + end - start, 0)
  // Overlapping ranges would add up to more than there is, and to more than limits.payload.
  return asked > bytes ? undefined : satisfiable
}

/** The parts of a payload as multipart/byteranges (RFC 9110 14.6); `headers` are those of the whole. */
export function multiRangeReply(
  payload: Payload,
  ranges: readonly ByteRange[],
  headers: Headers,
): Reply {
  const boundary = randomUUID()
  const type = headers.find(([name]) => name === 'Content-Type')?.[1]
  const others = headers.filter(([name]) => name !== 'Content-Type')
  const heads = ranges.map(
    ({ start, end }) =>
      `\r\n--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: bytes ${start}-${end - 1}/${payload.bytes}\r\n\r\n`,
  )
  const tail = `\r\n--${boundary}--\r\n`
  const bytes =
    heads.reduce((sum, head) => sum + head.length, tail.length) +
    ranges.reduce((sum, { start, end }) => sum + end - start, 0)
  return {
    status: 206,
    headers: [['Content-Type', `multipart/byteranges; boundary=${boundary}`], ...others],
    body: { kind: 'stream', bytes, chunks: partsOf(payload, ranges, { heads, tail }) },
  }
}

function* partsOf(
  payload: Payload,
  ranges: readonly ByteRange[],
  { heads, tail }: { readonly heads: readonly string[]; readonly tail: string },
): Generator<Chunk> {
  for (const [index, { start, end }] of ranges.entries()) {
    yield { waitMs: 0, render: () => heads[index] ?? '' }
    for (let at = start; at < end;) {
      const slice = payload.slice(at, end - at)
      yield { waitMs: 0, render: () => slice }
      at += slice.length
    }
  }
  yield { waitMs: 0, render: () => tail }
}
