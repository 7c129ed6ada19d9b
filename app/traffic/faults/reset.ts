import { scanAfterWord } from '../syntax/after-word.ts'
import { printPosition, scanPosition } from '../syntax/position.ts'
import type { Fault } from './plan.ts'

/** An RST instead of the answer or inside the body. */
export const reset: Fault = {
  name: 'reset',
  aliases: ['connection_reset_by_peer', 'reset_peer'],
  syntax: '[@headers | @[body:]<bytes>]',
  examples: ['fault=reset@headers', 'fault=reset@body:1024', 'fault=connection_reset_by_peer:5'],
  effect:
    'The connection is reset (RST) instead of the answer, or after so many bytes of the body. On HTTP/2 the stream is reset (RST_STREAM, INTERNAL_ERROR).',
  proxy:
    'A proxy answers 502 when nothing has come, may first try an idempotent request again (RFC 9110 9.2.2), and must not pass half a body on as a complete one (RFC 9112 8).',
  carriers: ['http1', 'http2', 'websocket', 'tcp'],
  scan(scanner) {
    const position = scanAfterWord(scanner, () => scanPosition(scanner)) ?? 'headers'
    return {
      text: `@${printPosition(position)}`,
      plan: () =>
        position === 'headers'
          ? { noAnswer: 'rst' }
          : { marks: [{ at: position, kind: 'rst', fault: 'reset' }] },
    }
  },
}
