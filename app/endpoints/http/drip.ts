import { type Chunk, createBeat } from '../../traffic/pace.ts'
import { patternPayload } from '../../traffic/payload.ts'
import { anyStatus, bytesBody } from '../answers.ts'
import { duration, integer, optional, size } from '../codecs.ts'
import { type Headers, type ReplyBody, endpoint } from '../endpoint.ts'
import { incrementalHeaders, incrementalRequest } from './incremental.ts'

// Node's timers of 1 ms cannot make more writes than this per second, so longer drips write larger pieces.
const writesPerMs = 1

export const drip = endpoint({
  id: 'drip',
  path: '/drip',
  summary: 'bytes spread evenly over duration, after delay, with Content-Length',
  parameters: {
    bytes: { in: 'query', codec: optional(size(), 10), doc: 'how many bytes' },
    duration: { in: 'query', codec: optional(duration(), 2000), doc: 'from the first to the last' },
    delay: { in: 'query', codec: optional(duration(), 0), doc: 'before the status line' },
    code: { in: 'query', codec: optional(integer(200, 599), 200), doc: 'the status' },
  },
  group: 'stream',
  answers: anyStatus({
    description: 'The bytes, with the status that code asks for',
    content: { 'application/octet-stream': bytesBody },
  }),
  requestHeaders: incrementalRequest,
  reads: 'nothing',
  examples: [
    {
      path: '/drip?bytes=5&duration=50ms&code=202',
      status: 202,
      expectHeaders: { 'content-length': '5' },
      expectBody: 'ABCDE',
    },
    { path: '/drip?duration=soon', status: 400, expectBody: { json: { code: 'INVALID_REQUEST' } } },
  ],
  async handle(exchange, { bytes, duration: durationMs, delay, code }) {
    const type = ['Content-Type', 'application/octet-stream'] as const
    const headers: Headers = [type, ...incrementalHeaders(exchange)]
    if (delay > 0) await exchange.wait(delay)
    if (code === 204 || code === 304) return { status: code, headers: [], body: { kind: 'none' } }
    if (bytes === 0) return { status: code, headers, body: { kind: 'bytes', bytes: '' } }
    // All bytes at once are not a stream: one write, without a timer between head and body.
    if (durationMs === 0)
      return { status: code, headers, body: whole(exchange.origin.block, bytes) }
    return {
      status: code,
      headers,
      body: { kind: 'stream', bytes, chunks: drops(exchange.origin.block, bytes, durationMs) },
    }
  },
})

function whole(block: Uint8Array, bytes: number): ReplyBody {
  const payload = patternPayload(block, bytes)
  return { kind: 'sized', payload, start: 0, end: bytes, isChunked: false }
}

function* drops(block: Uint8Array, bytes: number, durationMs: number): Generator<Chunk> {
  const payload = patternPayload(block, bytes)
  const writes = Math.max(1, Math.min(bytes, Math.floor(durationMs * writesPerMs) + 1))
  const beat = createBeat(writes > 1 ? durationMs / (writes - 1) : 0)
  for (let write = 0, offset = 0; write < writes; write++) {
    // The last piece is exact to the byte: past 2^53 the product is not exact, and a stream must not end early.
    const end = write === writes - 1 ? bytes : Math.floor(bytes * ((write + 1) / writes))
    let waitMs = beat()
    while (offset < end) {
      const slice = payload.slice(offset, end - offset)
      yield { waitMs, render: () => slice }
      offset += slice.length
      waitMs = 0
    }
  }
}
