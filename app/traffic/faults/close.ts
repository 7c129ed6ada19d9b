import { scanWhen } from '../syntax/when.ts'
import { type Fault, everyHttp } from './plan.ts'

const yes = /true|yes|on(?!\w)/y
const no = /false|no|off/y

/** The connection ends after the answer. */
export const close: Fault = {
  name: 'close',
  syntax: '=true, or a percentage or a count alone',
  examples: ['close=true', 'close=5.3', 'close=every10'],
  effect:
    'The answer says Connection: close, and the connection ends after it. HTTP/2 has GOAWAY instead, and other streams go on. After more than 64 KiB the fast listener leaves the closing to the client.',
  proxy: 'A proxy must not send another request on that connection (RFC 9112 9.6).',
  carriers: everyHttp,
  scan(scanner) {
    const what = { text: 'true', plan: () => ({ isLast: true }) }
    if (scanner.take(yes) !== undefined) return what
    if (scanner.take(no) !== undefined) return { ...what, when: { kind: 'percent', percent: 0 } }
    // What stands alone is the share of answers, as fortio writes it.
    return { ...what, when: scanWhen(scanner) }
  },
}
