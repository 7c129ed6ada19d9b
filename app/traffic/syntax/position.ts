import { formatBytes } from '../units.ts'
import type { Scanner } from './scanner.ts'

/** Where in an answer a fault is: in the place of its head, or after so many bytes of its body. */
export type Position = 'headers' | number

/** Reads `headers`, `body:1024` or `1024`. */
export function scanPosition(scanner: Scanner): Position {
  if (scanner.skip('headers')) return 'headers'
  scanner.skip('body:')
  if (!/\d/.test(scanner.text.charAt(scanner.at))) {
    scanner.fail('headers, body:1024, or a number of bytes of the body such as 1024 or 64K')
  }
  return scanner.bytes()
}

/** As it is printed. */
export function printPosition(position: Position): string {
  return position === 'headers' ? position : `body:${formatBytes(position)}`
}
