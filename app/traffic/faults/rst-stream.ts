import { scanAfterWord } from '../syntax/after-word.ts'
import type { Fault } from './plan.ts'

const internalError = 2

/** HTTP/2: an RST_STREAM instead of the answer. */
export const rstStream: Fault = {
  name: 'rst-stream',
  syntax: '=<code from 0 to 13>',
  examples: ['fault=rst-stream=8', 'fault=rst-stream=7:first1'],
  effect:
    'RST_STREAM with that code ends the stream instead of the answer; 2 (INTERNAL_ERROR) when none is given.',
  proxy:
    'A proxy may send any request again after REFUSED_STREAM (7), and otherwise only idempotent ones (RFC 9113 8.7).',
  carriers: ['http2', 'grpc'],
  scan(scanner) {
    const code = scanAfterWord(scanner, () => scanner.integer([0, 13])) ?? internalError
    return { text: `=${code}`, plan: () => ({ rstStream: code }) }
  },
}
