import { formatBytes, formatDurationMs } from '../units.ts'
import { type Fault, everyHttp } from './plan.ts'

/** The body in pieces with gaps between them. */
export const slice: Fault = {
  name: 'slice',
  aliases: ['slicer'],
  syntax: '=<bytes>[±<bytes>]/<time>',
  examples: ['slice=1K/5ms', 'slice=1K±200/5ms', 'slice=1K+-200/5ms'],
  effect: 'The body goes out in pieces of about that size with that gap between them.',
  proxy: 'A proxy passes on what comes; the boundaries of pieces mean nothing (RFC 9112 7.1).',
  carriers: everyHttp,
  scan(scanner) {
    const { at } = scanner
    const bytes = scanner.bytes()
    if (bytes === 0) scanner.fail('at least 1 byte', at)
    const isVaried = scanner.skip('±') || scanner.skip('+-')
    const spreadAt = scanner.at
    const spread = isVaried ? scanner.bytes() : 0
    if (spread >= bytes) scanner.fail('less than the size itself', spreadAt)
    scanner.expect('/', 'a slash and the gap: 1K/5ms')
    const gap = scanner.durationMs()
    const spreadText = spread === 0 ? '' : `±${formatBytes(spread)}`
    return {
      text: `${formatBytes(bytes)}${spreadText}/${formatDurationMs(gap)}`,
      delayMs: gap,
      drawsLater: spread > 0,
      plan: ({ random }) => ({
        pace: {
          nextBytes: () => bytes - spread + Math.floor((2 * spread + 1) * random()),
          gapMs: () => gap,
        },
      }),
    }
  },
}
