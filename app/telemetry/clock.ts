/**
 * Milliseconds of a clock that only goes forward (CLOCK_MONOTONIC), the same for all threads:
 * `performance.now()` counts from the start of its own thread, and the date jumps when somebody sets it.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}
