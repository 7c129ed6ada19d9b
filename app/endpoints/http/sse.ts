import { type Chunk, createBeat, wallClockNs } from '../../traffic/pace.ts'
import { patternPayload } from '../../traffic/payload.ts'
import { eventsBody } from '../answers.ts'
import { count, duration, optional, size } from '../codecs.ts'
import { endpoint } from '../endpoint.ts'
import { incrementalHeaders, incrementalRequest } from './incremental.ts'

/** The most padding of an event. The padding is made as a whole in memory, once per stream. */
export const eventBytesLimit = 1024 * 1024

export const sse = endpoint({
  id: 'sse',
  path: '/sse',
  summary:
    'Server-sent events with a sequence number and the sending time, so that buffering can be measured',
  parameters: {
    count: { in: 'query', codec: optional(count(0), 10), doc: 'how many events; 0 = endless' },
    interval: { in: 'query', codec: optional(duration(), 1000), doc: 'between two' },
    size: {
      in: 'query',
      codec: optional(size(eventBytesLimit), 0),
      doc: 'bytes of padding in each event',
    },
  },
  group: 'stream',
  answers: { 200: { description: 'The events', content: { 'text/event-stream': eventsBody } } },
  requestHeaders: incrementalRequest,
  reads: 'nothing',
  examples: [
    {
      path: '/sse?count=2&interval=10ms',
      status: 200,
      expectHeaders: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    },
    { path: '/sse?count=-1', status: 400, expectBody: { json: { code: 'INVALID_REQUEST' } } },
  ],
  handle: (exchange, values) => ({
    status: 200,
    headers: [
      ['Content-Type', 'text/event-stream'],
      ['Cache-Control', 'no-store'],
      ...incrementalHeaders(exchange),
    ],
    body: {
      kind: 'stream',
      chunks: events(values, eventPadding(exchange.origin.block, values.size)),
    },
  }),
})

function* events(values: { count: number; interval: number }, padding: string): Generator<Chunk> {
  const beat = createBeat(values.interval)
  for (let seq = 1; values.count === 0 || seq <= values.count; seq++) {
    yield { waitMs: beat(), render: () => `id: ${seq}\ndata: ${eventJson(seq, padding)}\n\n` }
  }
}

/** The JSON of one streamed event: `seq` from 1, `sent_at_ns` since 1970, `padding` when asked for. */
export function eventJson(seq: number, padding: string): string {
  const more = padding === '' ? '' : `,"padding":"${padding}"`
  return `{"seq":${seq},"sent_at_ns":${wallClockNs()}${more}}`
}

/** Padding of an event: the alphabet, made once per stream and held as one string. */
export function eventPadding(block: Uint8Array, bytes: number): string {
  const payload = patternPayload(block, bytes)
  let text = ''
  while (text.length < bytes)
    text += Buffer.from(payload.slice(text.length, bytes)).toString('latin1')
  return text
}
