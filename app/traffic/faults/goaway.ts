import type { Fault } from './plan.ts'

/** HTTP/2: GOAWAY. */
export const goaway: Fault = {
  name: 'goaway',
  syntax: '',
  examples: ['fault=goaway', 'fault=goaway:every100'],
  effect:
    'GOAWAY goes out with the answer: open streams go on, and the connection ends after them.',
  proxy: 'A proxy opens another connection for the next request, and loses none (RFC 9113 6.8).',
  carriers: ['http2', 'grpc'],
  scan: () => ({ text: '', plan: () => ({ hasGoaway: true }) }),
}
