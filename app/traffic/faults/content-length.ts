import { scanNeeded } from '../syntax/after-word.ts'
import type { Fault } from './plan.ts'

/** A Content-Length that is not that of the body. */
export const contentLength: Fault = {
  name: 'cl',
  aliases: ['content_length'],
  syntax: '=+<bytes> or -<bytes>',
  examples: ['fault=cl=+10', 'fault=cl=-5'],
  effect:
    'Content-Length says that many bytes more or fewer than the body has, and the connection ends after the body. On HTTP/2 only the stream ends.',
  proxy:
    'A proxy must not pass a short body on as a complete one (RFC 9112 8), nor show the surplus to any client (RFC 9112 6.3); on HTTP/2 the message is malformed (RFC 9113 8.1.1).',
  carriers: ['http1', 'http2'],
  scan(scanner) {
    const scanSigned = (): number => {
      const sign = scanner.skip('-') ? -1 : 1
      if (sign === 1) scanner.expect('+', '+ or - and a number of bytes')
      return sign * scanner.integer([1, 999_999_999])
    }
    const by = scanNeeded(scanner, scanSigned, '= and a difference: cl=+10')
    return { text: `=${by > 0 ? '+' : ''}${by}`, plan: () => ({ contentLengthBy: by }) }
  },
}
