/** Milliseconds of a clock that only goes forward (CLOCK_MONOTONIC), the same for all threads, as telemetry has it. */
export function steadyMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}
