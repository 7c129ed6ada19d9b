import type { Example, Origin, Parameters, Values } from '../endpoint.ts'

/** What happened to a message: `queued` ones wait for a slow peer, `dropped` ones exceeded the queue. */
export const sendStatus = { queued: 0, sent: 1, dropped: 2 } as const

/** What an endpoint may do with a WebSocket; the listener's own socket already has this form. */
export interface Socket {
  /** Sends one message and returns a `sendStatus`. A peer that lets too much pile up is cut. */
  send(message: string | ArrayBuffer, isBinary: boolean): number
  /** Starts the closing handshake (RFC 6455 7.1.2). */
  end(code: number, reason: string): void
}

/** The life of one connection; the listener calls these. */
export interface Conversation {
  /** Called once, when the handshake is done. */
  open?(socket: Socket): void
  /** `message` is valid during the call only. */
  message?(socket: Socket, message: ArrayBuffer, isBinary: boolean): void
  /** The queue of a slow peer is empty again. */
  drain?(socket: Socket): void
  /** The connection is gone; stop timers here. */
  close?(): void
}

/** All that is known about one WebSocket endpoint; a plain request to its path is 400 or 405. */
export interface WsEndpoint<P extends Parameters = Parameters> {
  readonly id: string
  readonly path: string
  readonly summary: string
  readonly parameters: P
  /** As for HTTP. */
  readonly takesAnyQuery?: true
  /** Plain requests, which are refused; conversations have tests of their own. */
  readonly examples: readonly Example[]
  converse(origin: Origin, values: Values<P>): Conversation
}

/** As `endpoint` for HTTP: checks a row against its parameters and drops their types. */
export function wsEndpoint<const P extends Parameters>(row: WsEndpoint<P>): WsEndpoint {
  // `converse` is only ever called with values parsed by this row's own codecs.
  return row
}
