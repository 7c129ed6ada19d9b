import { formatBytes } from '../units.ts'
import { type Fault, everyHttp } from './plan.ts'

// A piece as often as this, or a byte at a time where that is less often.
const beatMs = 20
const largestPiece = 256 * 1024

/** The body at so many bytes a second. */
export const rate: Fault = {
  name: 'rate',
  aliases: ['bandwidth'],
  syntax: '=<bytes>/s',
  examples: ['rate=1M/s', 'rate=64K/s:50'],
  effect: 'The body goes out at that many bytes a second.',
  proxy: 'A proxy passes on what comes, and must not mistake slowness for the end.',
  carriers: everyHttp,
  scan(scanner) {
    const { at } = scanner
    const bytes = scanner.bytes()
    if (bytes === 0) scanner.fail('at least 1 byte a second', at)
    scanner.expect('/s', '/s after the bytes')
    const piece = Math.min(largestPiece, Math.max(1, Math.round((bytes * beatMs) / 1000)))
    const pace = { nextBytes: () => piece, gapMs: (sent: number) => (sent * 1000) / bytes }
    return { text: `${formatBytes(bytes)}/s`, plan: () => ({ pace }) }
  },
}
