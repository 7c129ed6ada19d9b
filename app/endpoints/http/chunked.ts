import type { Chunk } from '../../traffic/pace.ts'
import { patternPayload } from '../../traffic/payload.ts'
import { textBody } from '../answers.ts'
import { count, duration, optional, size } from '../codecs.ts'
import { endpoint } from '../endpoint.ts'
import { incrementalHeaders, incrementalRequest } from './incremental.ts'

export const chunked = endpoint({
  id: 'chunked',
  path: '/chunked/{count}',
  summary: 'count chunks, each flushed by itself, with a delay before every one but the first',
  parameters: {
    count: { in: 'path', codec: count(1), doc: 'how many chunks' },
    size: { in: 'query', codec: optional(size(), 1024), doc: 'bytes of each' },
    delay: { in: 'query', codec: optional(duration(), 0), doc: 'between two' },
  },
  group: 'stream',
  answers: { 200: { description: 'The chunks', content: { 'text/plain': textBody } } },
  requestHeaders: incrementalRequest,
  reads: 'nothing',
  examples: [
    {
      path: '/chunked/3?size=10',
      status: 200,
      expectHeaders: {
        'content-type': 'text/plain; charset=utf-8',
        'transfer-encoding': 'chunked',
      },
      expectBody: 'ABCDEFGHIJABCDEFGHIJABCDEFGHIJ',
    },
    { path: '/chunked/5?delay=20', status: 200, expectBody: { bytes: 5 * 1024 } },
    { path: '/chunked/0', status: 400, expectBody: { json: { code: 'INVALID_REQUEST' } } },
  ],
  handle: (exchange, values) => ({
    status: 200,
    headers: [['Content-Type', 'text/plain; charset=utf-8'], ...incrementalHeaders(exchange)],
    body: { kind: 'stream', chunks: chunksOf(exchange.origin.block, values) },
  }),
})

function* chunksOf(
  block: Uint8Array,
  values: { count: number; size: number; delay: number },
): Generator<Chunk> {
  const payload = patternPayload(block, values.size)
  for (let index = 0; index < values.count; index++) {
    let waitMs = index > 0 ? values.delay : 0
    let offset = 0
    // A chunk larger than one write goes out in as many pieces as the block is long.
    do {
      const slice = payload.slice(offset, values.size)
      yield { waitMs, render: () => slice }
      waitMs = 0
      offset += slice.length
    } while (offset < values.size)
  }
}
