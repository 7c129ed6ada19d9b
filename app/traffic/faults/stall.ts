import { scanAfterWord } from '../syntax/after-word.ts'
import { printPosition, scanPosition } from '../syntax/position.ts'
import { formatDurationMs, parseDurationMs } from '../units.ts'
import { type Fault, everyConnection } from './plan.ts'

// A unit is needed, because a bare number after the colon is a percentage.
const time = /:\d{1,16}(?:\.\d{1,20})?(?:ns|us|ms|s|m|h)/y

/** Nothing more for a time. */
export const stall: Fault = {
  name: 'stall',
  aliases: ['timeout'],
  syntax: '[@headers | @[body:]<bytes>][:<time with unit>]',
  examples: ['fault=stall@1024:30s', 'fault=stall@headers:5s', 'fault=stall@1K'],
  effect:
    'Nothing more is sent for that time, and then the answer goes on. Without a time it lasts until the client leaves, or as long as limits.delay.',
  proxy:
    'A proxy answers 504 when nothing has come (RFC 9110 15.6.5), and must not pass half a body on as a complete one (RFC 9112 8).',
  carriers: everyConnection,
  scan(scanner) {
    const position = scanAfterWord(scanner, () => scanPosition(scanner)) ?? 'headers'
    const { at: timeAt } = scanner
    const text = scanner.take(time)?.slice(1)
    const ms =
      text === undefined
        ? Infinity
        : (parseDurationMs(text) ?? scanner.fail('a time, such as 250ms or 1.5s', timeAt + 1))
    return {
      text: `@${printPosition(position)}${ms === Infinity ? '' : `:${formatDurationMs(ms)}`}`,
      ...(ms !== Infinity && { delayMs: ms }),
      plan: () =>
        position === 'headers'
          ? { delayMs: ms }
          : { marks: [{ at: position, kind: 'stall', ms, fault: 'stall' }] },
    }
  },
}
