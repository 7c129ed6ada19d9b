/** A part of a payload: from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * Reads a Range header (RFC 9110 14.2) against a length. An unknown unit or grammar, and more than one range, mean the
 * whole payload with 200, as the RFC allows. A range past the end is unsatisfiable (416).
 */
export function readRange(text: string, bytes: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(text.trim())
  const [first, last] = [match?.[1] ?? '', match?.[2] ?? '']
  if (match === null || (first === '' && last === '')) return 'whole'
  if (first === '') {
    const suffix = Number(last)
    if (suffix === 0) return 'unsatisfiable'
    return bytes === 0 ? 'whole' : { start: Math.max(0, bytes - suffix), end: bytes }
  }
  const start = Number(first)
  const end = last === '' ? bytes : Math.min(Number(last) + 1, bytes)
  if (last !== '' && Number(last) < start) return 'whole'
  return start >= bytes ? 'unsatisfiable' : { start, end }
}
