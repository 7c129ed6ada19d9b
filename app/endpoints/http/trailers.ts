import { OriginError } from '../../errors.ts'
import { textBody } from '../answers.ts'
import { type Headers, endpoint } from '../endpoint.ts'

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

const token = /^[\w!#$%&'*+.^`|~-]{1,256}$/
const mostTrailers = 64

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
    trailers: readTrailers(query),
  }),
})

function readTrailers(query: string): Headers {
  const pairs = [...new URLSearchParams(query)]
  if (pairs.length > mostTrailers) {
    throw new OriginError(
      'INVALID_REQUEST',
      `${pairs.length} trailers; use ${mostTrailers} at most`,
    )
  }
  for (const [name, value] of pairs) {
    if (!token.test(name) || neverBehind.has(name.toLowerCase())) {
      throw new OriginError(
        'INVALID_REQUEST',
        `${JSON.stringify(name)} cannot be a trailer; use a field name (RFC 9110 5.6.2) that is not needed before the body, such as X-Checksum`,
      )
    }
    if (!/^[\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new OriginError(
        'INVALID_REQUEST',
        `the value of ${name} must be visible ASCII, spaces and latin-1`,
      )
    }
  }
  return pairs
}
