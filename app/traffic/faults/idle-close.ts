import { scanNeeded } from '../syntax/after-word.ts'
import { scanDuration } from '../syntax/durations.ts'
import type { Fault } from './plan.ts'

/** The connection ends when it has been idle for so long. */
export const idleClose: Fault = {
  name: 'idle-close',
  syntax: '=<time or distribution>[:fin | :rst]',
  examples: [
    'fault=idle-close=5s',
    'fault=idle-close=uniform(4s,6s):rst',
    'fault=idle-close=1s:20',
  ],
  effect:
    'The answer is whole and does not say Connection: close, and the connection ends (FIN, or RST) when no byte of another request has come for that time. keepAlive.idle ends it sooner where it is shorter.',
  proxy:
    'A proxy should not send a request on a connection that has ended; one that crosses the end it may send again on another when it is idempotent (RFC 9112 9.3.1, RFC 9110 9.2.2).',
  carriers: ['http1'],
  scan(scanner) {
    const time = scanNeeded(scanner, () => scanDuration(scanner), '= and a time: idle-close=5s')
    const by = scanner.skip(':rst') ? 'rst' : 'fin'
    // What happens without a word may be said, too.
    if (by === 'fin') scanner.skip(':fin')
    return {
      text: `=${time.text}:${by}`,
      delayMs: time.namedMs,
      plan: ({ random }) => ({ aftermath: { kind: 'idle-close', ms: time.drawMs(random), by } }),
    }
  },
}
