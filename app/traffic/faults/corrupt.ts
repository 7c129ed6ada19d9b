import { scanNeeded } from '../syntax/after-word.ts'
import { formatBytes } from '../units.ts'
import { type Fault, everyConnection } from './plan.ts'

/** One byte is another. */
export const corrupt: Fault = {
  name: 'corrupt',
  syntax: '@[body:]<offset>',
  examples: ['fault=corrupt@1024', 'fault=corrupt@0:1'],
  effect:
    'All bits of the byte at that offset of the body are inverted. Digests and lengths stay those of the true body.',
  proxy:
    'A proxy that checks Content-Digest or Repr-Digest notices it (RFC 9530); any other passes it on.',
  carriers: everyConnection,
  scan(scanner) {
    const scanBytes = (): number => {
      scanner.skip('body:')
      return scanner.bytes()
    }
    const at = scanNeeded(scanner, scanBytes, '@ and an offset: corrupt@1024')
    return {
      text: `@${formatBytes(at)}`,
      plan: () => ({ marks: [{ at, kind: 'flip', fault: 'corrupt' }] }),
    }
  },
}
