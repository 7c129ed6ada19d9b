import { performance } from 'node:perf_hooks'

/**
 * Longest time for a request head, for a TLS handshake and for the first words of HTTP/2. They come in one piece, except
 * from clients that are slow on purpose.
 */
export const headMs = 60_000

/** A port's queue is empty after this long without a connection. */
export const quietPortMs = 20

/**
 * How long a connection is read and its bytes dropped after our FIN. Closing a socket with unread bytes sends a reset,
 * which may overtake the answer (RFC 9112 9.6).
 */
export const lingerMs = 1000

/** Thrown into an endpoint that waits for a client that has left; never shown to a client. */
export class ClientLeft extends Error {
  override readonly name = 'ClientLeft'
}

/**
 * Takes a callback for when the client leaves (called at once when it has left), or for when it is refused for a
 * reason, and returns a function that undoes that.
 */
export type OnLeave = (leave: (why?: Error) => void) => () => unknown

/** Resolves after the time, never early, or rejects with the reason: ClientLeft unless another is given. */
export function waitFor(ms: number, onLeave: OnLeave): Promise<void> {
  const due = performance.now() + ms
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined
    let hasLeft = false
    const forget = onLeave((why = new ClientLeft()) => {
      hasLeft = true
      clearTimeout(timer)
      reject(why)
    })
    const look = (): void => {
      const left = due - performance.now()
      if (left > 0) {
        // Node's timers fire up to a millisecond early: 19.4 ms of 20 were seen.
        timer = setTimeout(look, timerMs(left))
        return
      }
      forget()
      resolve()
    }
    if (!hasLeft) look()
  })
}

// Node's timers hold 31 bits of milliseconds and fire at once past that.
const timerLimitMs = 2 ** 31 - 1

/** A wait as a timer takes it: whole milliseconds, rounded up so that nothing comes early. */
export function timerMs(ms: number): number {
  return Math.min(Math.ceil(ms), timerLimitMs)
}
