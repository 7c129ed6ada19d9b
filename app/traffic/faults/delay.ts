import { scanDuration } from '../syntax/durations.ts'
import { type Fault, everyConnection } from './plan.ts'

/** The answer waits. */
export const delay: Fault = {
  name: 'delay',
  syntax: '=<time or distribution>',
  examples: [
    'delay=10ms',
    'delay=150us:10,2ms:5',
    'delay=lognormal(50ms,0.4)',
    'delay=p50=10ms p99=200ms',
  ],
  effect: 'The answer waits before its status line.',
  proxy: 'A proxy may give up and answer 504 (RFC 9110 15.6.5).',
  carriers: [...everyConnection, 'grpc'],
  scan(scanner) {
    const { text, namedMs, drawMs } = scanDuration(scanner)
    return { text, delayMs: namedMs, plan: ({ random }) => ({ delayMs: drawMs(random) }) }
  },
}
