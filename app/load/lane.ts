/** How a request ended: with an answer, or why it got none. */
export type Outcome =
  | { readonly status: number; readonly serverTiming: string }
  | { readonly error: string }

/**
 * Carries one request at a time: an HTTP/1 connection, or a place for a stream on an HTTP/2 connection. It connects when
 * it has to. The moments are those of its request, in milliseconds of performance.now().
 */
export interface Lane {
  dueMs: number
  readyMs: number
  sentMs: number
  isBusy: boolean
  /** Sends request number `n`; `LaneOwner.end` is told how it ended, never before this returns to the event loop. */
  send(n: number): void
  /** Ends the request under way without an answer, and its connection. */
  abort(error: string): void
  /** Closes what is open. */
  close(): void
}

/** Whom a lane tells. */
export interface LaneOwner {
  end(lane: Lane, outcome: Outcome): void
  noteConnection(): void
  noteBytes(count: number): void
}

const kinds: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'connect timed out',
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name not found',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  EADDRNOTAVAIL: 'no local port left',
  EMFILE: 'no file left',
  ENFILE: 'no file left',
}

/** The words for a system's error. */
export function errorKind(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === undefined) return message
  return kinds[code] ?? code
}
