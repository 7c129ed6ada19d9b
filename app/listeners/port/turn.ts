import { ClientLeft, type OnLeave } from './waits.ts'

/**
 * Bytes one answer may write per event-loop turn. A fast reader keeps the socket writable, and without
 * a cap the loop never leaves one download: the p99 of other exchanges was 0.4-1.3 s, with it 0.24 ms
 * at 5 % of the speed.
 */
export const turnBytes = 1024 * 1024

/**
 * Shares out turns of the event loop among answers that are made whole: one after the other, up to `turnBytes` in a
 * turn. So their memory is counted, refused and freed in between. 400 gRPC calls that each made 1 MiB in one turn ended
 * a pod of 256 MiB, although most of them were refused. Connections take turns: one with 50 calls gets no more than one
 * with a single call, which waited up to 5 s for 400 calls of eight others.
 */
export class Turn {
  /** By connection, the one whose turn is next first. */
  readonly #waiting = new Map<object, Set<() => void>>()
  #bytes = 0
  #isTaken = false
  #isScheduled = false

  /**
   * Undefined when a call of the connection may make something now, otherwise a promise of that. The call reports how
   * much by `spend`. A call that does not report delays the others until the end of this turn of the loop and no
   * longer. The promise rejects with ClientLeft when the call is over; `onLeave` is as for `waitFor`.
   */
  room(connection: object, onLeave: OnLeave): Promise<void> | undefined {
    if (!this.#isTaken && this.#bytes < turnBytes && this.#waiting.size === 0) {
      this.#isTaken = true
      this.#schedule()
      return undefined
    }
    return new Promise((resolve, reject) => {
      const calls = this.#waiting.get(connection) ?? new Set()
      const go = (): void => {
        forget()
        resolve()
      }
      this.#waiting.set(connection, calls.add(go))
      const forget = onLeave(() => {
        calls.delete(go)
        if (calls.size === 0) this.#waiting.delete(connection)
        reject(new ClientLeft())
      })
      this.#grant()
    })
  }

  /** Reports how many bytes were made. */
  spend(bytes: number): void {
    this.#bytes += bytes
    this.#isTaken = false
    this.#grant()
  }

  #grant(): void {
    this.#schedule()
    if (this.#isTaken || this.#bytes >= turnBytes) return
    const [first] = this.#waiting
    if (first === undefined) return
    const [connection, calls] = first
    const [next] = calls
    if (next === undefined) return
    calls.delete(next)
    this.#waiting.delete(connection)
    if (calls.size > 0) this.#waiting.set(connection, calls)
    this.#isTaken = true
    next()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#bytes = 0
      this.#isTaken = false
      if (this.#waiting.size > 0) this.#grant()
    })
  }
}

/** The same values, each produced when there is room for it. */
export async function* pace<T>(
  values: AsyncIterable<T>,
  room: () => Promise<void> | undefined,
): AsyncGenerator<T> {
  const iterator = values[Symbol.asyncIterator]()
  try {
    for (;;) {
      await room()
      const { value, done } = await iterator.next()
      if (done === true) return
      yield value
    }
  } finally {
    await iterator.return?.()
  }
}
