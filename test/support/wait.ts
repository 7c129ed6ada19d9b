import { inspect } from 'node:util'

/** For how long to wait at most; 15 s unless said otherwise. */
export interface Patience {
  readonly ms?: number | undefined
}

// A loaded machine with two cores needs seconds for what takes milliseconds elsewhere.
const patienceMs = 15_000

const stepMs = 250
const lookMs = 10

/** Resolves as `promise` does. Rejects with a sentence that names `what` if that takes too long. */
export function within<T>(
  what: string,
  promise: Promise<T>,
  { ms = patienceMs }: Patience = {},
): Promise<T> {
  return beforeDeadline(promise, ms, () => what)
}

/**
 * Asks again and again until the answer `holds` (unless said otherwise: until it is truthy), and resolves to that
 * answer. Rejects with `what` and the last answer if that takes too long, even if an `ask` never ends, and at once if
 * `ask` fails.
 */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  { holds = Boolean, ms = patienceMs }: Patience & { readonly holds?: (answer: T) => boolean } = {},
): Promise<T> {
  let last: T | undefined
  let isOver = false
  const look = async (): Promise<T> => {
    for (;;) {
      last = await ask()
      if (holds(last) || isOver) return last
      await pause(lookMs)
    }
  }
  try {
    return await beforeDeadline(look(), ms, () => `${what}; at last ${inspect(last)}`)
  } finally {
    isOver = true
  }
}

/** Lets time pass. Only where the time itself is what is tested, or the pace of a client: for a result there is `until`. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

// The deadline is counted in short steps, not by the clock: when the machine stands still for a while (a paused VM, a
// full test run beside it), the step under way is all that passes.
async function beforeDeadline<T>(
  promise: Promise<T>,
  ms: number,
  describe: () => string,
): Promise<T> {
  let steps = Math.ceil(ms / stepMs)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    const step = (): void => {
      steps--
      if (steps === 0) reject(new Error(`not within ${ms} ms: ${describe()}`))
    }
    timer = setInterval(step, Math.min(ms, stepMs))
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearInterval(timer)
  }
}
