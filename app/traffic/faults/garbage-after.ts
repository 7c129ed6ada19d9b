import { scanNeeded } from '../syntax/after-word.ts'
import type { Fault } from './plan.ts'

/** Bytes after the answer that are no HTTP. */
export const garbageAfter: Fault = {
  name: 'garbage-after',
  syntax: '=<bytes>',
  examples: ['fault=garbage-after=12'],
  effect: 'So many bytes that are not HTTP follow the whole answer, and the connection stays open.',
  proxy:
    'A proxy must not take them for the next answer, nor show them to any client (RFC 9112 6.3, 9.2).',
  carriers: ['http1'],
  scan(scanner) {
    const bytes = scanNeeded(
      scanner,
      () => scanner.integer([1, 65_536]),
      '= and a number of bytes: garbage-after=12',
    )
    return { text: `=${bytes}`, plan: () => ({ aftermath: { kind: 'garbage', bytes } }) }
  },
}
