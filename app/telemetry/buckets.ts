/** Upper bounds in seconds of http_server_request_duration_seconds; an origin needs the small ones. */
export const durationBuckets = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const

/** Upper bounds in bytes of the histograms of body sizes. */
export const bodyBuckets = [
  0, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
  268_435_456, 1_073_741_824,
] as const

/**
 * How many cells latencies have: eight for each doubling of a microsecond. So a percentile is right to 12 %, while the
 * buckets above only tell 1 ms from 2.5.
 */
export const latencyCells = 32 * 8

/** Which of the duration buckets, and those above them all, a duration falls into. */
export function durationBucket(seconds: number): number {
  const bucket = durationBuckets.findIndex((bound) => seconds <= bound)
  return bucket === -1 ? durationBuckets.length : bucket
}

/** The middle of what a cell of `readLatencies` stands for. */
export function latencySeconds(cell: number): number {
  const [octave, step] = [cell >> 3, cell & 7]
  return octave < 3 ? (cell + 0.5) / 1e6 : (2 ** octave * (1 + (step + 0.5) / 8)) / 1e6
}

/** The cell of a latency: below 8 us a microsecond, above an eighth of a doubling. */
export function latencyCell(seconds: number): number {
  const us = Math.min(seconds * 1e6, 2 ** 31 - 1) | 0
  const octave = 31 - Math.clz32(us | 1)
  return octave < 3 ? us : octave * 8 + ((us >> (octave - 3)) & 7)
}

/** Which of the body buckets, and those above them all, a size falls into. */
export function bodyCell(bytes: number): number {
  if (bytes === 0) return 0
  if (bytes <= 256) return 1
  if (bytes > 2 ** 30) return bodyBuckets.length
  // Bounds are powers of 4 from 256, so the count of the size's bits tells which.
  return 1 + ((33 - Math.clz32((bytes - 1) >> 8)) >> 1)
}
