import { setTimeout as sleep } from 'node:timers/promises'

// A loaded machine with two cores needs seconds for what takes milliseconds elsewhere.
const patienceMs = 15_000

/** Resolves as soon as `holds`; fails, saying `what` was awaited, when it does not in time. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = patienceMs,
): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`)
    await sleep(10)
  }
}

/** Resolves to what `promise` does, or fails, saying `what` was awaited, when it does not in time. */
export async function within<T>(what: string, promise: Promise<T>, ms = patienceMs): Promise<T> {
  const timer = new AbortController()
  try {
    return await Promise.race([
      promise,
      sleep(ms, undefined, { signal: timer.signal }).then(() => {
        throw new Error(`not within ${ms} ms: ${what}`)
      }),
    ])
  } finally {
    timer.abort()
  }
}
