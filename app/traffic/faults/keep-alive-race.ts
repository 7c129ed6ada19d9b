import { scanAfterWord } from '../syntax/after-word.ts'
import type { Fault } from './plan.ts'

/** The connection ends at the first byte of the next request. */
export const keepAliveRace: Fault = {
  name: 'keep-alive-race',
  syntax: '[=fin | =rst]',
  examples: ['fault=keep-alive-race', 'fault=keep-alive-race=rst:1'],
  effect:
    'The answer is whole and the connection stays open, but the first byte of the next request on it ends it (FIN, or RST), as if it had been closed for idleness at that moment.',
  proxy:
    'A proxy may send the next request again on another connection when it is idempotent (RFC 9110 9.2.2), and otherwise answers 502; a client should see neither (RFC 9112 9.3.1).',
  carriers: ['http1'],
  scan(scanner) {
    const scanEnd = (): 'fin' | 'rst' => {
      if (scanner.skip('rst')) return 'rst'
      scanner.expect('fin', 'fin or rst')
      return 'fin'
    }
    const by = scanAfterWord(scanner, scanEnd) ?? 'fin'
    return { text: `=${by}`, plan: () => ({ aftermath: { kind: 'race', by } }) }
  },
}
