import type { Payload } from '../../traffic/payload.ts'
import type { Origin } from '../endpoint.ts'

/**
 * One answer on a TCP connection, as a value: the listener writes it, applies backpressure, stops when
 * the peer leaves. `bytes` are handed over and not touched again; after `end` no more is read (FIN).
 */
export type TcpReply =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'payload'; readonly payload: Payload }
  | { readonly kind: 'end' }

/** The life of one connection; the listener calls these. */
export interface TcpConversation {
  /**
   * The next bytes of the peer, which are the endpoint's to keep. Each answer is asked for when those
   * before it are on their way, and nothing more is read until the last is: a peer that sends and
   * never reads costs a bounded amount.
   */
  receive(bytes: Buffer): Iterable<TcpReply>
  /** The peer has ended its side (FIN); the listener sends its own FIN after these. */
  finish?(): Iterable<TcpReply>
}

/** All that is known about one TCP endpoint; it has a port to itself, so nothing is parsed to find it. */
export interface TcpEndpoint {
  readonly id: string
  readonly summary: string
  /** Whether the setting `tcp.greeting` is sent first: not where bytes are counted from the first one. */
  readonly isGreeting: boolean
  converse(origin: Origin): TcpConversation
}
