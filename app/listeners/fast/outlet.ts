import type { HttpResponse } from 'uWebSockets.js'

/** The response of one exchange and what the writer must know of it. */
export interface Outlet {
  readonly response: HttpResponse
  readonly isHead: boolean
  /** The connection is to end after this answer (draining, or a refused body), and the answer says so. */
  readonly isClosing: boolean
  /**
   * The origin itself closes the connection after the answer. Not while draining when the client is still sending a
   * body: unread bytes cause a reset, which overtakes the answer, and a proxy says 502.
   */
  readonly isCutting: boolean
  /** A 100 is out, and with it the only status line the engine writes by itself. */
  readonly hasContinued: boolean
  isAborted(): boolean
  /** To be called before an answer that outlives the engine's callback; `leave` when the client goes. */
  outlive(leave?: () => void): void
  /** How many bytes wait in memory for the client to read; the client may be cut for it within the call. */
  holds(bytes: number): void
  /** How many bytes of the body are out by now: a long download counts while it runs. */
  sent(bytes: number): void
  /** A fault is about to end the connection where the answer stands. */
  cut(): void
  /** The last byte is with the kernel; `bytes` of body were sent. */
  done(bytes: number): void
}
