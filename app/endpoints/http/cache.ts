import { requestIdHeader } from '../answers.ts'
import { integer, maybe } from '../codecs.ts'
import { type Headers, endpoint } from '../endpoint.ts'
import { bodiless, namesTag } from './conditions.ts'
import { echoSchema } from './echo-schema.ts'
import { echoReply } from './echo.ts'
import { opaqueTag } from './etag.ts'

const told = {
  'Cache-Control': 'public, max-age=..., with max-age',
  ETag: 'The tag, with etag',
  'Last-Modified': 'Now, without etag',
}

export const cache = endpoint({
  id: 'cache',
  path: '/cache',
  summary: 'The echo for caches to keep, for max-age seconds; 304 for a condition that holds',
  parameters: {
    'max-age': {
      in: 'query',
      codec: maybe(integer(0, 2 ** 31)),
      doc: 'seconds for which it is fresh; no Cache-Control when left out (RFC 9111 5.2.2.1)',
    },
    etag: {
      in: 'query',
      codec: maybe(opaqueTag),
      doc: 'its entity tag, without quotes; any If-None-Match or If-Modified-Since is 304 when left out',
    },
  },
  group: 'client',
  answers: {
    200: {
      description: 'The echo',
      headers: { ...told, ...requestIdHeader },
      content: { 'application/json': echoSchema },
    },
    304: { description: 'What the client has is still right', headers: told },
  },
  requestHeaders: {
    'If-None-Match': 'Tags that the client has (RFC 9110 13.1.2)',
    'If-Modified-Since': 'When the client got it; of no account beside If-None-Match',
  },
  reads: 'whole',
  examples: [
    { path: '/cache', status: 200, expectBody: { json: { endpoint: 'cache' } } },
    {
      path: '/cache?max-age=60&etag=v1',
      status: 200,
      expectHeaders: { 'cache-control': 'public, max-age=60', etag: '"v1"' },
    },
    {
      path: '/cache?max-age=60&etag=v1',
      headers: { 'if-none-match': '"v1"' },
      status: 304,
      expectHeaders: { 'cache-control': 'public, max-age=60', etag: '"v1"' },
      expectBody: '',
    },
    { path: '/cache?etag=v2', headers: { 'if-none-match': '"v1"' }, status: 200 },
    {
      path: '/cache',
      headers: { 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' },
      status: 304,
    },
    { path: '/cache?max-age=-1', status: 400, expectBody: { json: { code: 'INVALID_REQUEST' } } },
  ],
  handle(exchange, { 'max-age': maxAge, etag: tag }) {
    const headers: Headers = [
      ...(maxAge === undefined ? [] : [['Cache-Control', `public, max-age=${maxAge}`] as const]),
      tag === undefined ? ['Last-Modified', new Date().toUTCString()] : ['ETag', `"${tag}"`],
    ]
    const [tags, since] = [exchange.header('if-none-match'), exchange.header('if-modified-since')]
    const holds =
      tag === undefined ? tags !== '' || since !== '' : namesTag(tags, `"${tag}"`, 'weak')
    if (holds) return bodiless(304, headers)
    const reply = echoReply(exchange, { endpoint: 'cache' })
    return { ...reply, headers: [...reply.headers, ...headers] }
  },
})
