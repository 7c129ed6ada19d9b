import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'

import { type OriginError, errorCodes, errorText } from '../errors.ts'
import type { Identity } from '../evidence/identity.ts'
import type { Arrival } from '../evidence/ledger/arrival.ts'
import type { LedgerView } from '../evidence/ledger/record.ts'
import type { Chunks } from '../traffic/pace.ts'
import type { Payload } from '../traffic/payload.ts'
import type { Random } from '../traffic/random.ts'
import { type Described, objectOf } from './answers.ts'
import type { Codec } from './codecs.ts'
import type { OriginFaults } from './origin-faults.ts'
import type { Pool } from './pool.ts'

export type Headers = readonly (readonly [name: string, value: string])[]

/**
 * An answer's body as a value: the listener writes it, applies backpressure and stops on abort. `sized` is a payload of
 * known length (chunked when asked), `stream` is paced chunks, with Content-Length when `bytes` says how many there
 * will be. No body means none on the wire, not an empty one.
 */
export type ReplyBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'bytes'; readonly bytes: string | Uint8Array }
  | {
      readonly kind: 'sized'
      readonly payload: Payload
      readonly start: number
      readonly end: number
      readonly isChunked: boolean
    }
  | {
      readonly kind: 'stream'
      readonly chunks: Chunks
      readonly bytes?: number
      /** How a fault ends the connection where the chunks ended; undefined when the body is complete. */
      readonly endsBy?: () => 'fin' | 'rst' | undefined
    }

/** What an endpoint returns: the answer as a value. */
export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: ReplyBody
  /**
   * Set when every GET of the same target gets this very reply, unless it carries one of these headers. The listener
   * may then answer the next one without calling the endpoint.
   */
  readonly constantUnless?: readonly string[]
  /** Interim answers (RFC 9110 15.2) before it, in order. Only the wire listener has them; others answer 501. */
  readonly interim?: readonly Interim[]
  /** Between the last of them and this answer. */
  readonly waitMs?: number
  /** How long the work for it waited for a thread of the pool, for Server-Timing. */
  readonly queuedMs?: number
  /** Sent after the body (RFC 9110 6.5). Only the wire listener has them, and HTTP/1.0 clients get none. */
  readonly trailers?: Headers
}

/** An interim answer: 100 to 199, but not 101, which would end HTTP. */
export interface Interim {
  readonly status: number
  readonly headers: Headers
  /** Before it is sent. */
  readonly waitMs: number
}

/** What a client may ask for: the largest values (settings `limits.*`), Infinity where there is no limit, and more. */
export interface Limits {
  readonly delayMs: number
  readonly payloadBytes: number
  readonly bodyBytes: number
  readonly count: number
  /** Query parameters that endpoints ignore (query.ignored). */
  readonly ignoredNames: ReadonlySet<string>
}

/** What every exchange of one worker shares. Values that can change while it runs are functions. */
export interface Origin extends OriginFaults {
  readonly hostname: string
  readonly version: string
  /** What identifies the origin, for evidence. */
  readonly identity: Identity
  readonly block: Uint8Array
  readonly random: Random
  readonly limits: () => Limits
  readonly echoBodyBytes: () => number
  /** Whether unknown paths are answered with the echo (echo.unknownPaths). */
  readonly echoesUnknownPaths: () => boolean
  /** Whether this worker ends its connections. It may leave alone, while others go on serving. */
  readonly isDraining: () => boolean
  /** Whether the whole process drains: no worker serves afterwards. */
  readonly isEnding: () => boolean
  /** Where the wire listener is, for refusals of the fast listener; undefined when it is closed. */
  readonly wirePort: number | undefined
  /** What became of the connections, over all workers. */
  readonly connections: () => object
  /** The numbers of the last second, as JSON. */
  readonly stats: () => string
  readonly pool: Pool
  readonly ledger: LedgerView
  /** How long simulated work takes, when the client does not say (work.delay). */
  readonly workDelayMs: () => number
  /** Health checks by name; all must hold for /health to be 200. */
  readonly healthChecks: Readonly<Record<string, () => boolean>>
  /** Whose scripts may read answers, for browsers: an origin, `*`, or undefined (cors.origin). */
  readonly corsOrigin: () => string | undefined
}

/**
 * A collected request body: at most `Origin.echoBodyBytes()` of it, and its full length. The bytes are valid until
 * `handle` returns.
 */
export interface CollectedBody {
  readonly bytes: Buffer
  readonly size: number
}

/** What a listener knows and can do that sees every byte itself. The fast listener does not. */
export interface WireView {
  /** Names and values alternating, in the order and case they came in. */
  readonly rawHeaders: readonly string[]
  /** Trailers of the request, likewise; empty until its body was read to its end. */
  readonly trailers: readonly string[]
  /** What TLS agreed on, for the echo; undefined on a port without TLS. */
  readonly tls: object | undefined
  /** The authority of a target in absolute form, which is the host whatever Host says (RFC 9112 3.2.2). */
  readonly authority: string | undefined
  /** What a PROXY protocol header said, for the echo. */
  readonly proxyProtocol: object | undefined
  /** Whether the client waits for 100 before it sends its body (RFC 9110 10.1.1). */
  readonly expectsContinue: boolean
  /** Of the body, so far. */
  readonly bytesIn: number
  /** Sends the 100 now. Reading the body does that, too, unless it is withheld. */
  sendContinue(): void
  withholdContinue(): void
}

/** One request as an endpoint sees it, the same on every listener. */
export interface Exchange {
  readonly origin: Origin
  readonly listener: string
  readonly method: string
  /** Path and query as they came, undecoded; query without the question mark, empty when absent. */
  readonly path: string
  readonly query: string
  readonly scheme: 'http' | 'https'
  readonly httpVersion: string
  readonly sourceAddress: string
  readonly destinationAddress: string
  readonly requestId: string
  /** Names and values alternating, in order of arrival. Only rows with `reads` other than nothing. */
  readonly headers: readonly string[]
  /** First value of a header by lower-case name, or ''. Only until `handle` returns. */
  header(name: string): string
  /** Set for rows that read `whole`. */
  readonly body: CollectedBody
  /**
   * For rows that read `pieces`: calls `take` with each piece (valid during the call only) until the end. A promise
   * from `take` stops the client until it settles. Rejects when the client leaves.
   */
  readBody(take: (piece: Uint8Array) => void | Promise<void>): Promise<void>
  /**
   * Reports how many bytes of the client the endpoint keeps in memory now. With too many, `readBody` rejects
   * (limits.buffered).
   */
  holds(bytes: number): void
  /** Resolves after the time, or rejects when the client leaves. */
  wait(ms: number): Promise<void>
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal
  /** Its record in the arrival ledger, for what the endpoint finds out about the body; only for requests with an id. */
  readonly arrival?: Pick<Arrival, 'verified'> | undefined
  /** Set on the wire listener. */
  readonly wire?: WireView | undefined
}

/** What a row needs of the request besides the target. It decides what the listener has to keep. */
export type Reads = 'nothing' | 'whole' | 'pieces'

/** One parameter of a row: where it is, how it is parsed, what it does (completes "name: ..."). */
export interface Parameter {
  readonly in: 'path' | 'query'
  readonly codec: Codec<unknown>
  readonly doc: string
}

export type Parameters = Readonly<Record<string, Parameter>>

type ValueOf<C> = C extends Codec<infer T> ? T : never
export type Values<P extends Parameters> = { readonly [K in keyof P]: ValueOf<P[K]['codec']> }

/** A request and the answer it must get. The conformance tests send it to a live origin, and OpenAPI shows it. */
export interface Example {
  readonly path: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly status: number
  /** Set when only the wire listener can do it. The fast one must answer 501. */
  readonly needsWire?: true
  readonly expectHeaders?: Readonly<Record<string, string>>
  /** Exact text, or fields that the JSON answer must have among others, or a length in bytes. */
  readonly expectBody?: string | { readonly json: object } | { readonly bytes: number }
}

/** All that is known about one endpoint. Everything else (routes, checks, documents, tests) reads it here. */
export interface Endpoint<P extends Parameters = Parameters> extends Described {
  readonly id: string
  /** `/bin/{size}`; a name with `?` at the end of the path may be left out: `/delay/{ms}/{readDelayMs?}`. */
  readonly path: string
  /** Allowed methods; any when absent. GET implies HEAD. */
  readonly methods?: readonly string[]
  readonly summary: string
  readonly parameters: P
  /** Set when query parameters of any name are part of the request; others refuse names they do not know. */
  readonly takesAnyQuery?: true
  /** Set when probes request it again and again: they do not delay a drain. */
  readonly isProbe?: true
  readonly reads: Reads
  readonly examples: readonly Example[]
  handle(exchange: Exchange, values: Values<P>): Reply | Promise<Reply>
}

/** Checks a row against its own parameters and drops their types, so that rows fit one table. */
export function endpoint<const P extends Parameters>(row: Endpoint<P>): Endpoint {
  // The one place where the parameter types are erased: `handle` is only ever called with the
  // values that `bindTarget` parsed with this row's own codecs.
  return row
}

const jsonHeaders: Headers = [['Content-Type', 'application/json']]

/** A JSON answer; `headers` come after Content-Type. */
export function jsonReply(value: object, status = 200, headers: Headers = []): Reply {
  return {
    status,
    headers: headers.length === 0 ? jsonHeaders : [...jsonHeaders, ...headers],
    body: { kind: 'bytes', bytes: JSON.stringify(value) },
  }
}

/** A JSON answer from text that is already JSON. */
export function jsonTextReply(text: string): Reply {
  return { status: 200, headers: jsonHeaders, body: { kind: 'bytes', bytes: text } }
}

/** The body of a refusal. */
export const errorSchema = objectOf(
  {
    error: { type: 'string', description: 'One sentence: what is wrong and what to do' },
    code: { type: 'string', enum: [...Object.keys(errorCodes), 'INJECTED'] },
    request_id: { type: 'string' },
    timestamp: { type: 'integer', description: 'Seconds since 1970' },
  },
  'Error',
)

/** The answer to a refusal: one JSON shape for all of them, with the request id in the header too. */
export function errorReply(error: OriginError, requestId: string): Reply {
  const headers: Headers = [['X-Request-ID', requestId], ...error.headers]
  return {
    status: errorCodes[error.code].http,
    headers: [...jsonHeaders, ...headers],
    body: { kind: 'bytes', bytes: errorText(error.code, error.message, requestId) },
  }
}

/** The client's id when it is 1-128 visible ASCII characters, else a new UUID. */
export function chooseRequestId(given: string): string {
  return given !== '' && /^[\x21-\x7e]{1,128}$/.test(given) ? given : randomUUID()
}

/** `404 Not Found`. Codes without a registered phrase get one, because an empty phrase breaks old parsers. */
export function statusLine(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? 'Unassigned'}`
}
