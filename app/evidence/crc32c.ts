import { createRequire } from 'node:module'

import type { crc32c as Crc32c } from '@node-rs/crc32'

// Not import(): a module that could not be loaded once, for want of a file, it never tries again.
const require = createRequire(import.meta.url)

let loaded: typeof Crc32c | undefined

/**
 * CRC-32C at hardware speed, loaded when first asked for: a native module that most origins never need. Undefined when
 * it cannot be loaded now, as when no file is left.
 */
export function loadCrc32c(): typeof Crc32c | undefined {
  try {
    // Node types what it requires as anything.
    loaded ??= (require('@node-rs/crc32') as { readonly crc32c: typeof Crc32c }).crc32c
  } catch {
    return undefined
  }
  return loaded
}
