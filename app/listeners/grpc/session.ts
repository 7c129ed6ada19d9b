import { type ServerHttp2Session, constants } from 'node:http2'
import { performance } from 'node:perf_hooks'

import { destroyBetweenReads } from '../http/http2-session.ts'
import { addressWithPort } from '../port/address.ts'
import { headMs, timerMs } from '../port/waits.ts'
import type { Unread } from './unread.ts'

// The largest stream number: a GOAWAY that refuses nothing yet, and only announces (RFC 9113 6.8).
const anyStream = 2 ** 31 - 1

// After this time we no longer wait for the answer to a ping.
const pingMs = 1000

// nghttp2, which many clients use, answers a ping before it sends the calls it had queued.
const overtakenMs = 50

// NGHTTP2_ERR_BAD_CLIENT_MAGIC (nghttp2.h).
const badPreface = -903

/** What a connection needs besides its session. */
export interface GrpcSessionOptions {
  /** Connections.nextId. */
  readonly id: string
  readonly unread: Unread
  /** It came while the origin is leaving, so its first call is its last. */
  readonly isLate: boolean
  /** Its first bytes are not HTTP/2's. */
  readonly onBadPreface: () => void
}

/** One connection: how many calls it had, how old it is, and how it is sent away. */
export class GrpcSession {
  /** `address:port` of the client. */
  readonly source: string
  readonly unread: Unread
  /** Unique among all connections, including those of other workers. */
  readonly id: string
  readonly #session: ServerHttp2Session
  readonly #openedAt = performance.now()
  readonly #isLate: boolean
  /** Calls so far. */
  calls = 0
  /** How the peer ended the connection. */
  brokenBy: 'fin' | 'rst' | undefined
  #ageTimer: NodeJS.Timeout | undefined
  #leaveTimer: NodeJS.Timeout | undefined
  #isLeaving = false

  constructor(
    session: ServerHttp2Session,
    { id, unread, isLate, onBadPreface }: GrpcSessionOptions,
  ) {
    this.#session = session
    this.id = id
    this.unread = unread
    this.#isLate = isLate
    this.source = addressWithPort(session.socket.remoteAddress, session.socket.remotePort)
    destroyBetweenReads(session)
    // The connection may end at any time; 'close' follows, and we handle that.
    session.on('error', (error: NodeJS.ErrnoException) => {
      if (error.errno === badPreface) onBadPreface()
    })
    const headTimer = setTimeout(() => this.destroy(), headMs).unref()
    session.once('remoteSettings', () => clearTimeout(headTimer))
    session.once('close', () => {
      unread.end()
      clearTimeout(headTimer)
      clearTimeout(this.#ageTimer)
      clearTimeout(this.#leaveTimer)
    })
  }

  /** A call has come; the next `limit`th is the connection's last (0 is never). */
  count(limit: number): void {
    this.calls++
    if (limit > 0 && this.calls >= limit) this.leaveNow()
    else if (this.#isLate) this.leaveGently()
  }

  /** Sends the connection away when it is `ms` old (0 is never), counted from its opening. */
  leaveAtAge(ms: number): void {
    clearTimeout(this.#ageTimer)
    if (ms === 0) return
    const left = Math.max(0, this.#openedAt + ms - performance.now())
    this.#ageTimer = setTimeout(() => this.leaveGently(), timerMs(left)).unref()
  }

  /**
   * GOAWAY in two steps, so that calls on their way are still served: first the warning, then, when the peer has
   * certainly read it, the one that names the last stream. Calls in flight finish.
   */
  leaveGently(): void {
    const session = this.#session
    if (this.#isLeaving || session.closed || session.destroyed) return
    this.#isLeaving = true
    session.goaway(constants.NGHTTP2_NO_ERROR, anyStream)
    const closeIn = (ms: number): void => {
      clearTimeout(this.#leaveTimer)
      this.#leaveTimer = setTimeout(() => session.close(), ms).unref()
    }
    closeIn(pingMs)
    session.ping(() => {
      if (!session.destroyed) closeIn(overtakenMs)
    })
  }

  /** GOAWAY with the newest stream as the last; it and the older ones finish. */
  leaveNow(): void {
    this.#isLeaving = true
    if (!this.#session.destroyed) this.#session.close()
  }

  destroy(): void {
    if (!this.#session.destroyed) this.#session.destroy()
  }
}
