import { formatBytes } from '../units.ts'
import { type Fault, everyHttp } from './plan.ts'

/** A payload in the place of the body. */
export const size: Fault = {
  name: 'size',
  syntax: '=<bytes>',
  examples: ['size=64K', 'size=1K:10,1M:1'],
  effect: 'A payload of that size replaces the body.',
  proxy: 'A proxy passes it on unchanged.',
  carriers: everyHttp,
  scan(scanner) {
    const bytes = scanner.bytes()
    return { text: formatBytes(bytes), payloadBytes: bytes, plan: () => ({ sizeBytes: bytes }) }
  },
}
