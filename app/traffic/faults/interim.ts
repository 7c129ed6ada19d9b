import { scanNeeded } from '../syntax/after-word.ts'
import type { Fault } from './plan.ts'

const mostAnswers = 1000

/** Interim answers (1xx) before the answer. */
export const interim: Fault = {
  name: '1xx',
  syntax: '=<100 to 199>[x<count>]',
  examples: ['fault=1xx=103', 'fault=1xx=102x50'],
  effect: 'So many interim answers go before the answer.',
  proxy: 'A proxy passes them on, but 100 only to a client that expects it (RFC 9110 15.2).',
  carriers: ['http1', 'http2'],
  scan(scanner) {
    const scanBoth = (): { status: number; count: number } => {
      const { at } = scanner
      const status = scanner.integer([100, 199])
      if (status === 101) scanner.fail('any but 101, which ends HTTP', at)
      return { status, count: scanner.skip('x') ? scanner.integer([1, mostAnswers]) : 1 }
    }
    const { status, count } = scanNeeded(scanner, scanBoth, '= and a status: 1xx=102x50')
    return { text: `=${status}x${count}`, plan: () => ({ interim: { status, count } }) }
  },
}
