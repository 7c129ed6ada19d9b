import { endpoint } from '../endpoint.ts'
import { compressedEcho, compressing } from './compressing.ts'

export const br = endpoint({
  id: 'br',
  ...compressing,
  path: '/br',
  summary: 'The echo in Brotli (RFC 7932), asked for or not',
  examples: [{ path: '/br', status: 200, expectHeaders: { 'content-encoding': 'br' } }],
  handle: (exchange) => compressedEcho(exchange, 'br', { brotli: true }),
})
