import { scanDuration } from '../syntax/durations.ts'
import type { Fault } from './plan.ts'

/** The head at once, the body later. */
export const bodyDelay: Fault = {
  name: 'body-delay',
  syntax: '=<time or distribution>',
  examples: ['body-delay=50ms', 'body-delay=uniform(10ms,1s):20'],
  effect: 'The head goes out at once, and the body waits.',
  proxy: 'A proxy may hold the head back until the body comes, but need not.',
  // The engine sends the end of the head with the first byte of the body.
  carriers: ['http1', 'http2'],
  scan(scanner) {
    const { text, namedMs, drawMs } = scanDuration(scanner)
    return { text, delayMs: namedMs, plan: ({ random }) => ({ bodyDelayMs: drawMs(random) }) }
  },
}
