import { formatDurationMs } from '../units.ts'
import { type Fault, everyHttp } from './plan.ts'

const mostPieces = 1_000_000

/** The body in equal pieces over a time. */
export const drip: Fault = {
  name: 'drip',
  aliases: ['chunked_dribble_delay'],
  syntax: '=<pieces>/<time>',
  examples: ['drip=10/2s'],
  effect:
    'The body goes out in so many equal pieces, spread over that time. When the length of the body is not known, each piece waits for its share of the time.',
  proxy: 'A proxy passes on what comes, and must not mistake slowness for the end.',
  carriers: everyHttp,
  scan(scanner) {
    const pieces = scanner.integer([1, mostPieces])
    scanner.expect('/', 'a slash and the time: 10/2s')
    const time = scanner.durationMs()
    const pace = {
      nextBytes: (bodyBytes: number | undefined) =>
        bodyBytes === undefined ? Infinity : Math.max(1, Math.ceil(bodyBytes / pieces)),
      gapMs: () => time / pieces,
    }
    return { text: `${pieces}/${formatDurationMs(time)}`, delayMs: time, plan: () => ({ pace }) }
  },
}
