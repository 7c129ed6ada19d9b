import { textBody } from '../answers.ts'
import { endpoint } from '../endpoint.ts'
import { fieldsOfQuery } from './query-fields.ts'

// Framing, routing and what must be known before the body cannot be sent after it (RFC 9110 6.5.1).
const neverBehind = new Set([
  'content-length',
  'transfer-encoding',
  'trailer',
  'host',
  'connection',
  'te',
  'content-encoding',
  'content-type',
  'content-range',
  'authorization',
  'set-cookie',
  'cache-control',
  'keep-alive',
  'proxy-connection',
  'upgrade',
  'http2-settings',
])

export const trailers = endpoint({
  id: 'trailers',
  path: '/trailers',
  summary: 'A chunked text with the query as trailers: ?name=value, as many as you like up to 64',
  parameters: {},
  takesAnyQuery: true,
  group: 'protocol',
  answers: {
    200: {
      description: 'A text, then the trailers',
      headers: { Trailer: 'The names of the trailers' },
      content: { 'text/plain': textBody },
    },
  },
  refusals: ['INVALID_REQUEST', 'UNSUPPORTED_ON_LISTENER'],
  reads: 'nothing',
  examples: [
    {
      path: '/trailers?X-Checksum=abc',
      status: 200,
      needsWire: true,
      expectHeaders: { trailer: 'X-Checksum', 'content-type': 'text/plain; charset=utf-8' },
      expectBody: 'The trailers follow this line.\n',
    },
    {
      path: '/trailers?content-length=5',
      status: 400,
      expectBody: { json: { code: 'INVALID_REQUEST' } },
    },
  ],
  handle: ({ query }) => ({
    status: 200,
    headers: [['Content-Type', 'text/plain; charset=utf-8']],
    body: { kind: 'bytes', bytes: 'The trailers follow this line.\n' },
    trailers: fieldsOfQuery(query, {
      noun: 'trailer',
      barred: neverBehind,
      advice: 'is not needed before the body, such as X-Checksum',
    }),
  }),
})
