import { openSync } from 'node:fs'

// Where glibc keeps the descriptor in a FILE (struct_FILE.h; part of its ABI on x86-64 and arm64).
const descriptorOffset = 112

/**
 * Discards what C and C++ code prints to standard output, for good. The fast engine prints two lines for each server
 * name, and our log, which Node writes to the descriptor itself, goes to standard output. When the C library does not
 * match, nothing is changed, and the lines are printed.
 */
export async function muteEngine(): Promise<void> {
  try {
    const { load, decode, encode } = await import('koffi')
    const library = load(null)
    const stream: unknown = decode(library.symbol('stdout', 'void *'), 'void *')
    const descriptorOf = library.func('int fileno(void *stream)') as (stream: unknown) => number
    const isKnown = descriptorOf(stream) === 1 && decode(stream, descriptorOffset, 'int') === 1
    if (isKnown) encode(stream, descriptorOffset, 'int', openSync('/dev/null', 'w'))
  } catch {
    // There are no foreign functions on this machine.
  }
}
