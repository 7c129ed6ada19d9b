import type { Random } from '../random.ts'
import type { Scanner } from '../syntax/scanner.ts'
import type { When } from '../syntax/when.ts'
import type { HeadKind } from './head.ts'

/** How the body is cut into pieces on its way out. */
export interface Pace {
  /** The length of the next piece in bytes, at least 1; `bodyBytes` is undefined where the length is unknown. */
  readonly nextBytes: (bodyBytes: number | undefined) => number
  /** Milliseconds between the beginning of a piece of so many bytes and that of the next. */
  readonly gapMs: (pieceBytes: number) => number
}

/** What happens when so many bytes of the body are out. */
export interface Mark {
  readonly at: number
  /** The connection ends, there is a pause, or the next byte is another. */
  readonly kind: 'fin' | 'rst' | 'stall' | 'flip'
  /** Of a stall; Infinity for as long as limits.delay lets it. */
  readonly ms?: number
  /** The fault it is done for. */
  readonly fault: string
}

/** What happens on a connection of HTTP/1.1 after a whole answer. */
export type Aftermath =
  | { readonly kind: 'half-close' }
  | { readonly kind: 'slow-close'; readonly ms: number }
  | { readonly kind: 'garbage'; readonly bytes: number }
  | { readonly kind: 'race'; readonly by: 'fin' | 'rst' }
  | { readonly kind: 'idle-close'; readonly ms: number; readonly by: 'fin' | 'rst' }

/** What is wrong with a WebSocket frame (RFC 6455 5.2). */
export type FrameDefect = 'rsv' | 'opcode' | 'masked' | 'continuation'

/** Header lines. */
export type Fields = readonly (readonly [name: string, value: string])[]

/**
 * How an answer is bent, as plain values: what the faults of an exchange come to. Endpoints know nothing of it; each
 * listener carries out what its protocol has, in one place.
 */
export interface Plan {
  /** Milliseconds before the status line, or before a gRPC call is served; Infinity for as long as limits.delay lets it. */
  readonly delayMs?: number
  /** Milliseconds between the head and the first byte of the body. */
  readonly bodyDelayMs?: number
  /** Takes the place of the answer's status, with a body that says so. */
  readonly status?: number
  /** Takes the place of the answer's body: a payload of so many bytes. */
  readonly sizeBytes?: number
  /** `Connection: close`, and the connection ends after the answer. */
  readonly isLast?: boolean
  readonly headers?: Fields
  /** Headers that tell of the plan and are no fault themselves. */
  readonly notes?: Fields
  readonly pace?: Pace
  readonly marks?: readonly Mark[]
  /** The connection ends instead of the answer. */
  readonly noAnswer?: 'fin' | 'rst'
  /** Content-Length says so many bytes more than there are; negative for fewer. */
  readonly contentLengthBy?: number
  /** What is wrong with the head of HTTP/1.1. */
  readonly head?: HeadKind
  /** Takes the place of HTTP/1.1's status line. */
  readonly statusLine?: string
  /** Interim answers before the answer. */
  readonly interim?: { readonly status: number; readonly count: number }
  /** In the place of the last chunk stands a chunk size that is no number. */
  readonly isChunkBad?: boolean
  readonly aftermath?: Aftermath
  /** HTTP/2 and gRPC: the code of the RST_STREAM that ends the stream. */
  readonly rstStream?: number
  /** HTTP/2 and gRPC: GOAWAY is sent, and the connection ends when its streams have. */
  readonly hasGoaway?: boolean
  /** gRPC: the status that the call fails with. */
  readonly grpcStatus?: number
  /** WebSocket: what is wrong with the first frame. */
  readonly frame?: FrameDefect
  /** TCP: the connection is reset (RST) once it has received this many bytes. */
  readonly resetAfterBytes?: number
}

/** What a fault may ask when it is drawn for one exchange. */
export interface Draw {
  readonly random: Random
  /** How many exchanges there were in the current period of so many milliseconds, this one included, and what is left of the period. */
  readonly within: (periodMs: number) => { readonly count: number; readonly leftMs: number }
}

/** One value of a fault as it was read. */
export interface What {
  /** As it is printed; reads as the same. */
  readonly text: string
  readonly plan: (draw: Draw) => Plan
  /** The longest wait that the text names; refused past limits.delay. */
  readonly delayMs?: number
  /** The largest payload that the text names; refused past limits.payload. */
  readonly payloadBytes?: number
  /** Set when the text was no more than this. */
  readonly when?: When
  /** Chance goes on while the body goes out. */
  readonly drawsLater?: boolean
}

/** Who can carry a fault out: the fast listener; HTTP/1.1, HTTP/2 and WebSocket on the wire listener; gRPC; TCP services. */
export type Carrier = 'fast' | 'http1' | 'http2' | 'websocket' | 'grpc' | 'tcp'

/** Everyone whose bytes can be bent on their way. */
export const everyConnection: readonly Carrier[] = ['fast', 'http1', 'http2', 'websocket', 'tcp']

/** One kind of misbehaviour: one file, listed in table.ts. */
export interface Fault {
  /** The label in metrics, and the word that asks for it. */
  readonly name: string
  /** Words of other tools for the same. */
  readonly aliases?: readonly string[]
  /** What may follow the word, for documents; '' for nothing. */
  readonly syntax: string
  /** As a client writes it, with what comes before: `delay=10ms:5`, `fault=reset@headers`. */
  readonly examples: readonly [string, ...string[]]
  /** One sentence: what happens to the answer. */
  readonly effect: string
  /** What RFC 9110 and its kin say a proxy should make of it; one sentence. */
  readonly proxy: string
  readonly carriers: readonly Carrier[]
  /** Reads what follows the word and its separator. */
  readonly scan: (scanner: Scanner) => What
}

/** Everyone but gRPC. */
export const everyListener: readonly Carrier[] = ['fast', 'http1', 'http2', 'websocket']

/** Who carries out what needs no more than HTTP itself. */
export const everyHttp: readonly Carrier[] = ['fast', 'http1', 'http2']
