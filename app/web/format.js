// Numbers as people read them. Between a number and its unit is a narrow space that does not break,
// by which cards find the unit.
const space = '\u202F'

/** What is shown for a number that is not known. */
export const unknown = '–'

const byDecimals = [0, 1, 2, 3].map(
  (decimals) => new Intl.NumberFormat('en-US', { maximumFractionDigits: decimals }),
)

/** Three digits or so: 0.25, 2.5, 25, 2,500. @param {number} value */
export function formatNumber(value) {
  const size = Math.abs(value)
  const decimals = size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3
  return byDecimals[decimals]?.format(value) ?? String(value)
}

/** A count to the last one, and in thousands of millions when that would be long. @param {number} value */
export function formatCount(value) {
  if (value >= 1e12) return formatNumber(value / 1e12) + `${space}T`
  if (value >= 1e9) return formatNumber(value / 1e9) + `${space}G`
  return formatNumber(Math.round(value))
}

/** @param {number} value of 100 */
export function formatPercent(value) {
  return formatNumber(value) + `${space}%`
}

/** @param {number} value bytes */
export function formatBytesPerSecond(value) {
  return scaled(value, 1000, ['B/s', 'kB/s', 'MB/s', 'GB/s', 'TB/s'])
}

/** @param {number} value MiB */
export function formatMebibytes(value) {
  return scaled(value, 1024, ['MiB', 'GiB', 'TiB'])
}

/** @param {number} value microseconds */
export function formatMicroseconds(value) {
  return scaled(value, 1000, ['µs', 'ms', 's'])
}

/** @param {number} value milliseconds */
export function formatMilliseconds(value) {
  return scaled(value, 1000, ['ms', 's'])
}

/** The two largest parts of a time: 41 s, 3 m 41 s, 2 h 3 m, 5 d 2 h. @param {number} value seconds */
export function formatDuration(value) {
  const seconds = Math.floor(value)
  const parts = /** @type {const} */ ([
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ])
  const first = parts.findIndex(([count]) => count > 0)
  if (first === -1) return `0${space}s`
  return parts
    .slice(first, first + 2)
    .map(([count, unit]) => count + space + unit)
    .join(' ')
}

/** @param {number} at milliseconds since 1970 */
export function formatTime(at) {
  return new Date(at).toTimeString().slice(0, 8)
}

/**
 * @param {number} value
 * @param {number} base
 * @param {readonly string[]} units
 */
function scaled(value, base, units) {
  let rest = value
  let place = 0
  while (Math.abs(rest) >= base && place < units.length - 1) {
    rest /= base
    place++
  }
  return formatNumber(rest) + space + units[place]
}
