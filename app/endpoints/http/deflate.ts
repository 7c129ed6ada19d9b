import { endpoint } from '../endpoint.ts'
import { compressedEcho, compressing } from './compressing.ts'

export const deflate = endpoint({
  id: 'deflate',
  ...compressing,
  path: '/deflate',
  summary: 'The echo in deflate, which is zlib (RFC 1950), asked for or not',
  examples: [{ path: '/deflate', status: 200, expectHeaders: { 'content-encoding': 'deflate' } }],
  handle: (exchange) => compressedEcho(exchange, 'deflate', { deflated: true }),
})
