import { scanNeeded } from '../syntax/after-word.ts'
import type { Fault } from './plan.ts'

/** What can be wrong with the head of an answer, and the bytes that make it so. */
export const headKinds = {
  'two-lengths': 'two different Content-Length',
  'length-and-chunks': 'a Content-Length beside chunks',
  'obs-fold': 'a field whose value goes on in the next line',
  'space-colon': 'a space before the colon',
  'bare-cr': 'a CR inside a value',
  nul: 'a NUL inside a value',
  'no-date': 'no Date',
  old: 'HTTP/1.0, without keep-alive, and the connection stays open',
} as const

export type HeadKind = keyof typeof headKinds

// Longer names first, where one begins with another.
const names = Object.keys(headKinds) as HeadKind[]

/** A head that a proxy has to mend, refuse, or not trust. */
export const head: Fault = {
  name: 'head',
  syntax: `=${names.join(' | =')}`,
  examples: ['fault=head=two-lengths', 'fault=head=obs-fold:5'],
  effect: `The head of the answer has ${names.map((name) => `${headKinds[name]} (${name})`).join(', ')}. After two-lengths and length-and-chunks the connection ends.`,
  proxy:
    'A proxy answers 502 to two lengths (RFC 9112 6.3), drops the length beside chunks (6.3), and mends the rest or answers 502 (RFC 9112 5.1, 5.2, RFC 9110 5.5, 6.6.1). After an answer of HTTP/1.0 it uses the connection no more (RFC 9112 9.3).',
  carriers: ['http1'],
  scan(scanner) {
    const scanKind = (): HeadKind =>
      names.find((name) => scanner.skip(name)) ?? scanner.fail(names.join(', '))
    const kind = scanNeeded(scanner, scanKind, `= and ${names.join(', ')}`)
    // Nobody can tell where such an answer ends.
    const isLast = kind === 'two-lengths' || kind === 'length-and-chunks'
    return { text: `=${kind}`, plan: () => ({ head: kind, ...(isLast && { isLast }) }) }
  },
}
