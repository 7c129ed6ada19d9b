import { scanAfterWord } from '../syntax/after-word.ts'
import type { Fault } from './plan.ts'

/** What stands where the status line should; no HTTP. */
export const garbageLine = '\u0001\u0002 this is no status line'

/** A line that is no status line. */
export const badStatusLine: Fault = {
  name: 'status-line',
  aliases: ['garbage', 'random_data_then_close'],
  syntax: '=garbage',
  examples: ['fault=status-line=garbage', 'fault=random_data_then_close'],
  effect: 'The status line is garbage, and the connection ends after the answer.',
  proxy: 'A proxy answers 502 (RFC 9110 15.6.3).',
  carriers: ['http1'],
  scan(scanner) {
    scanAfterWord(scanner, () => scanner.expect('garbage', 'garbage'))
    return { text: '=garbage', plan: () => ({ statusLine: garbageLine }) }
  },
}
