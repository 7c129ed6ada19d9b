// Deadlines are counted in short steps and not by the clock, so that a machine that stands still for a
// while (a paused VM, a test storm next door) has not let one pass when it goes on.
const stepMs = 250
const lookMs = 20

/** Resolves as `promise` does, or rejects with a sentence that says what did not happen in time. */
export async function within<T>(promise: Promise<T>, what: string, ms = 10_000): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  let steps = Math.ceil(ms / stepMs)
  const late = new Promise<never>((_resolve, reject) => {
    timer = setInterval(() => {
      steps--
      if (steps === 0) reject(new Error(`${what}: not within ${ms} ms`))
    }, stepMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearInterval(timer)
  }
}

/** Asks again until `holds`, or rejects with the last value seen. */
export async function poll<T>(
  ask: () => T | Promise<T>,
  holds: (value: T) => boolean,
  { what, ms = 10_000 }: { readonly what: string; readonly ms?: number },
): Promise<T> {
  for (let looks = ms / lookMs; ; looks--) {
    const value = await ask()
    if (holds(value)) return value
    if (looks <= 0)
      throw new Error(`${what}: not within ${ms} ms; at last ${JSON.stringify(value)}`)
    await pause(lookMs)
  }
}

/** Lets time pass where the time itself is what is tested, such as a client that is slow. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
