import type { Payload } from '../../traffic/payload.ts'
import type { Origin } from '../endpoint.ts'

/**
 * One answer on a TCP connection, as a value: the listener writes it, applies backpressure, stops when the peer leaves.
 * `bytes` must not be changed afterwards; after `end` no more is read (FIN).
 */
export type TcpReply =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'payload'; readonly payload: Payload }
  | { readonly kind: 'end' }

/** The life of one connection; the listener calls these. */
export interface TcpConversation {
  /**
   * The next bytes of the peer; the endpoint may keep them. Each answer is requested when those before it have been
   * passed on, and nothing more is read until the last one has: a peer that sends and never reads costs a bounded
   * amount.
   */
  receive(bytes: Buffer): Iterable<TcpReply>
  /** The peer has ended its side (FIN). The listener sends its own FIN after these. */
  finish?(): Iterable<TcpReply>
}

/** All that is known about one TCP endpoint. It has a port to itself, so nothing is parsed to find it. */
export interface TcpEndpoint {
  readonly id: string
  readonly summary: string
  /** Whether the setting `tcp.greeting` is sent first: not when clients count bytes from the first one. */
  readonly isGreeting: boolean
  converse(origin: Origin): TcpConversation
}
