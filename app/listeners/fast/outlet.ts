import type { HttpResponse } from 'uWebSockets.js'

/** The response of one exchange and what the writer must know about it. */
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
  /** A 100 has been sent, and with it the only status line that the engine writes by itself. */
  readonly hasContinued: boolean
  isAborted(): boolean
  /** Call it before an answer that outlives the engine's callback; `leave` is called when the client leaves. */
  outlive(leave?: () => void): void
  /**
   * Reports how many bytes wait in memory for the client to read. The client may be cut within the call because of
   * them.
   */
  holds(bytes: number): void
  /** Reports how many bytes of the body have been sent: a long download counts while it runs. */
  sent(bytes: number): void
  /** A fault is about to end the connection where the answer stands. */
  cut(): void
  /** The kernel has the last byte; `bytes` of body were sent. */
  done(bytes: number): void
}
