import { scanNeeded } from '../syntax/after-word.ts'
import { formatDurationMs } from '../units.ts'
import type { Fault } from './plan.ts'

/** The connection stays open for a time after an answer that ends it. */
export const slowClose: Fault = {
  name: 'slow-close',
  aliases: ['slow_close'],
  syntax: '=<time>',
  examples: ['fault=slow-close=5s'],
  effect: 'The answer says Connection: close, and the connection stays open for that time.',
  proxy:
    'A proxy treats the answer as whole when its length is reached, not when the connection ends (RFC 9112 6.3).',
  carriers: ['http1'],
  scan(scanner) {
    const ms = scanNeeded(scanner, () => scanner.durationMs(), '= and a time: slow-close=5s')
    return {
      text: `=${formatDurationMs(ms)}`,
      delayMs: ms,
      plan: () => ({ isLast: true, aftermath: { kind: 'slow-close', ms } }),
    }
  },
}
