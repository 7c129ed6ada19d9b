import { requestIdHeader } from '../answers.ts'
import type { Codec } from '../codecs.ts'
import { endpoint } from '../endpoint.ts'
import { bodiless, namesTag } from './conditions.ts'
import { echoSchema } from './echo-schema.ts'
import { echoReply } from './echo.ts'

/** What may stand between the quotes of an entity tag (RFC 9110 8.8.3), of ASCII. */
export const opaqueTag: Codec<string> = {
  allowed: '1 to 256 visible ASCII characters without quotes',
  schema: { type: 'string', pattern: '^[\\x21\\x23-\\x7e]{1,256}$' },
  show: (value) => value,
  parse: (text) => (/^[\x21\x23-\x7e]{1,256}$/.test(text) ? text : undefined),
}

export const etag = endpoint({
  id: 'etag',
  path: '/etag/{tag}',
  summary: 'The echo with that entity tag, or what If-None-Match and If-Match ask for: 304, 412',
  parameters: { tag: { in: 'path', codec: opaqueTag, doc: 'the tag, without its quotes' } },
  group: 'client',
  answers: {
    200: {
      description: 'The echo',
      headers: { ETag: 'The tag', ...requestIdHeader },
      content: { 'application/json': echoSchema },
    },
    304: { description: 'If-None-Match has the tag', headers: { ETag: 'The tag' } },
    412: {
      description:
        'If-Match lacks the tag, or If-None-Match has it and the method is neither GET nor HEAD',
      headers: { ETag: 'The tag' },
    },
  },
  requestHeaders: {
    'If-None-Match': 'Tags that the client has (RFC 9110 13.1.2)',
    'If-Match': 'Tags of which one must be this one (RFC 9110 13.1.1)',
  },
  reads: 'whole',
  examples: [
    {
      path: '/etag/v1',
      status: 200,
      expectHeaders: { etag: '"v1"' },
      expectBody: { json: { endpoint: 'etag' } },
    },
    {
      path: '/etag/v1',
      headers: { 'if-none-match': '"v0", W/"v1"' },
      status: 304,
      expectHeaders: { etag: '"v1"' },
      expectBody: '',
    },
    { path: '/etag/v1', headers: { 'if-none-match': '"v2"' }, status: 200 },
    { path: '/etag/v1', headers: { 'if-match': '"v2"' }, status: 412, expectBody: '' },
    { path: '/etag/v1', method: 'PUT', headers: { 'if-match': '"v1"' }, status: 200 },
    { path: '/etag/v1', method: 'PUT', headers: { 'if-none-match': '*' }, status: 412 },
    { path: '/etag/a%22b', status: 400, expectBody: { json: { code: 'INVALID_REQUEST' } } },
  ],
  handle(exchange, { tag }) {
    const headers = [['ETag', `"${tag}"`]] as const
    const { method } = exchange
    const [mustMatch, mustNot] = [exchange.header('if-match'), exchange.header('if-none-match')]
    if (mustMatch !== '' && !namesTag(mustMatch, `"${tag}"`, 'strong'))
      return bodiless(412, headers)
    if (mustNot !== '' && namesTag(mustNot, `"${tag}"`, 'weak')) {
      return bodiless(method === 'GET' || method === 'HEAD' ? 304 : 412, headers)
    }
    const reply = echoReply(exchange, { endpoint: 'etag' })
    return { ...reply, headers: [...reply.headers, ...headers] }
  },
})
