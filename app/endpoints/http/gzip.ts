import { endpoint } from '../endpoint.ts'
import { compressedEcho, compressing } from './compressing.ts'

export const gzip = endpoint({
  id: 'gzip',
  ...compressing,
  path: '/gzip',
  summary: 'The echo in gzip (RFC 1952), asked for or not',
  examples: [{ path: '/gzip', status: 200, expectHeaders: { 'content-encoding': 'gzip' } }],
  handle: (exchange) => compressedEcho(exchange, 'gzip', { gzipped: true }),
})
