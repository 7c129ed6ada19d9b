import type { Scanner } from './scanner.ts'

/** Reads what follows the word of a fault, after `@` or `=`; undefined when the word stands alone. */
export function scanAfterWord<T>(scanner: Scanner, scan: () => T): T | undefined {
  return scanner.skip('@') || scanner.skip('=') ? scan() : undefined
}

/** Likewise, where something must follow. */
export function scanNeeded<T>(scanner: Scanner, scan: () => T, allowed: string): T {
  return scanAfterWord(scanner, scan) ?? scanner.fail(allowed)
}
