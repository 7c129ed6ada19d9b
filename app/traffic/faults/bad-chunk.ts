import { scanAfterWord } from '../syntax/after-word.ts'
import type { Fault } from './plan.ts'

/** A chunk size that is no number. */
export const badChunk: Fault = {
  name: 'chunk',
  aliases: ['malformed_response_chunk'],
  syntax: '=badsize',
  examples: ['fault=chunk=badsize', 'fault=malformed_response_chunk'],
  effect:
    'The body is chunked, and the last chunk has a size that is not a number. Then the connection ends.',
  proxy: 'A proxy must not pass the answer on as a complete one (RFC 9112 7.1, 8).',
  carriers: ['http1'],
  scan(scanner) {
    scanAfterWord(scanner, () => scanner.expect('badsize', 'badsize'))
    return { text: '=badsize', plan: () => ({ isChunkBad: true }) }
  },
}
