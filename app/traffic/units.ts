const sizeUnits = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 } as const
const durationUnitsMs = { ns: 1e-6, us: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 3.6e6 } as const

/**
 * Bytes from `1024`, `256K`, `10m`, `10000G` (powers of 1024, either case), or undefined when the
 * text is not a size or is past 2^53-1, where a count of bytes would no longer be exact.
 */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d{1,16})([KMGT]?)$/i.exec(text)
  if (match === null) return undefined
  const unit = (match[2] ?? '').toUpperCase() as keyof typeof sizeUnits
  const bytes = Number(match[1]) * sizeUnits[unit]
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/**
 * Milliseconds from `250ms`, `10s`, `1.5h`, `150us`; a bare number counts in `bareUnit`. Undefined
 * when the text is not a time, or one past 2^53-1 ms.
 */
export function parseDurationMs(
  text: string,
  bareUnit: keyof typeof durationUnitsMs = 'ms',
): number | undefined {
  const match = /^(\d{1,16}(?:\.\d{1,20})?)(ns|us|ms|s|m|h)?$/.exec(text)
  if (match === null) return undefined
  const unit = (match[2] ?? bareUnit) as keyof typeof durationUnitsMs
  const ms = Number(match[1]) * durationUnitsMs[unit]
  return ms <= Number.MAX_SAFE_INTEGER ? ms : undefined
}

/** The shortest size text that parses back to the same number: 262144 is `256K`. */
export function formatBytes(bytes: number): string {
  for (const unit of ['T', 'G', 'M', 'K'] as const) {
    if (bytes >= sizeUnits[unit] && bytes % sizeUnits[unit] === 0) {
      return `${bytes / sizeUnits[unit]}${unit}`
    }
  }
  return String(bytes)
}

/** A time in the largest unit that divides it: 90000 is `90s`, 1500 is `1500ms`. */
export function formatDurationMs(ms: number): string {
  for (const unit of ['h', 'm', 's'] as const) {
    if (ms >= durationUnitsMs[unit] && ms % durationUnitsMs[unit] === 0) {
      return `${ms / durationUnitsMs[unit]}${unit}`
    }
  }
  // Below 1 ns a number is written with an exponent, which is no time.
  return `${ms > 0 && ms < 1e-6 ? ms.toFixed(20) : ms}ms`
}
