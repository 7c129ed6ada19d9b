/** Resolves as `promise` does, or rejects with a sentence that says what did not happen in time. */
export async function within<T>(promise: Promise<T>, what: string, ms = 10_000): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Asks again until `holds`, or rejects with the last value seen. */
export async function poll<T>(
  ask: () => T | Promise<T>,
  holds: (value: T) => boolean,
  { what, ms = 10_000 }: { readonly what: string; readonly ms?: number },
): Promise<T> {
  const endAt = performance.now() + ms
  for (;;) {
    const value = await ask()
    if (holds(value)) return value
    if (performance.now() > endAt) {
      throw new Error(`${what}: not within ${ms} ms; at last ${JSON.stringify(value)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Lets time pass where the time itself is what is tested, such as a client that is slow. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
