import { type Chunk, createBeat } from '../../traffic/pace.ts'
import { textBody } from '../answers.ts'
import { count, duration, optional, size } from '../codecs.ts'
import { endpoint } from '../endpoint.ts'
import { incrementalHeaders, incrementalRequest } from './incremental.ts'
import { eventBytesLimit, eventJson, eventPadding } from './sse.ts'

export const ndjson = endpoint({
  id: 'ndjson',
  path: '/ndjson',
  summary: 'The events of /sse as JSON lines',
  parameters: {
    count: { in: 'query', codec: optional(count(0), 10), doc: 'how many lines; 0 = endless' },
    interval: { in: 'query', codec: optional(duration(), 1000), doc: 'between two' },
    size: {
      in: 'query',
      codec: optional(size(eventBytesLimit), 0),
      doc: 'bytes of padding in each line',
    },
  },
  group: 'stream',
  answers: { 200: { description: 'The lines', content: { 'application/x-ndjson': textBody } } },
  requestHeaders: incrementalRequest,
  reads: 'nothing',
  examples: [
    {
      path: '/ndjson?count=2&interval=10ms',
      status: 200,
      expectHeaders: { 'content-type': 'application/x-ndjson' },
    },
  ],
  handle: (exchange, values) => ({
    status: 200,
    headers: [
      ['Content-Type', 'application/x-ndjson'],
      ['Cache-Control', 'no-store'],
      ...incrementalHeaders(exchange),
    ],
    body: {
      kind: 'stream',
      chunks: lines(values, eventPadding(exchange.origin.block, values.size)),
    },
  }),
})

function* lines(values: { count: number; interval: number }, padding: string): Generator<Chunk> {
  const beat = createBeat(values.interval)
  for (let seq = 1; values.count === 0 || seq <= values.count; seq++) {
    yield { waitMs: beat(), render: () => `${eventJson(seq, padding)}\n` }
  }
}
