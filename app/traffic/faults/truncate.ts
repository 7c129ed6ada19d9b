import { scanNeeded } from '../syntax/after-word.ts'
import { formatBytes } from '../units.ts'
import { type Fault, everyConnection } from './plan.ts'

/** The connection ends inside the body. Nothing is bent when the body is no longer than that. */
export const truncate: Fault = {
  name: 'truncate',
  aliases: ['limit_data'],
  syntax: '@[body:]<bytes>',
  examples: ['fault=truncate@1024', 'fault=truncate@64K:10'],
  effect:
    'The head promises the whole body, this many bytes of it are sent, and the connection ends (FIN; RST_STREAM on HTTP/2).',
  proxy:
    'A proxy must not pass the answer on as a complete one: the message is incomplete (RFC 9112 8, RFC 9113 8.1.1).',
  carriers: everyConnection,
  scan(scanner) {
    const scanBytes = (): number => {
      scanner.skip('body:')
      return scanner.bytes()
    }
    const at = scanNeeded(scanner, scanBytes, '@ and a number of bytes: truncate@1024')
    return {
      text: `@${formatBytes(at)}`,
      plan: () => ({ marks: [{ at, kind: 'fin', fault: 'truncate' }] }),
    }
  },
}
