import { type Fault, everyConnection } from './plan.ts'

/** A FIN instead of the answer. */
export const noAnswer: Fault = {
  name: 'no-answer',
  aliases: ['empty_response', 'drop'],
  syntax: '',
  examples: ['fault=no-answer', 'fault=empty_response:10'],
  effect:
    'The connection ends (FIN) instead of the answer. On HTTP/2 the stream is reset (RST_STREAM, INTERNAL_ERROR).',
  proxy: 'A proxy answers 502, and may first try an idempotent request again (RFC 9110 9.2.2).',
  carriers: everyConnection,
  scan: () => ({ text: '', plan: () => ({ noAnswer: 'fin' }) }),
}
