/**
 * The JSON of the arrival ledger: what `/ledger/{id}` and `/ledger?run=` answer, on the HTTP listeners (this pod) and on
 * the admin port (all pods). Times are milliseconds. `null` means "not known here": a listener that cannot see something
 * never invents it, and a record that was shortened to save memory (`is_full` false) has null for what was left out.
 */

/** A header or trailer line as it came: name and value, order and case kept. */
export type FieldLine = readonly [name: string, value: string]

/** How an exchange ended. `fault` is our own doing, asked for by X-HP; `refused` is an answer that refuses the request. */
export const endCauses = [
  'complete',
  'fin',
  'rst',
  'rst-stream',
  'goaway',
  'abort',
  'timeout',
  'drain',
  'fault',
  'refused',
  'open',
] as const

/**
 * `complete`: the whole answer is with the kernel. `fin`, `rst`: the connection closed before that, by a FIN or by a reset.
 * `rst-stream`: a stream of HTTP/2 was reset, `code` says how. `goaway`: the HTTP/2 session ended under the stream.
 * `abort`: the connection closed before that, and the listener cannot tell a FIN from a reset. `timeout`: a time of
 * ours ran out. `drain`: the worker left at drain.deadline. `fault`: an injected fault ended it. `refused`: a complete
 * answer with an error of ours, `code` of the body's `code`. `open`: it has not ended yet, or its worker died under it.
 */
export type EndCause = (typeof endCauses)[number]

/** Whether an exchange ended before its answer was whole. */
export function isEarly(cause: EndCause): boolean {
  return cause !== 'complete' && cause !== 'refused' && cause !== 'open'
}

/**
 * The end of an exchange. A WebSocket is `complete` when it was closed by a Close frame; `by` is then who sent the first,
 * and `code` its close code.
 */
export interface LedgerEnd {
  readonly cause: EndCause
  /** Who ended it early; null for a complete answer and where it is not known. */
  readonly by: 'client' | 'origin' | null
  /**
   * Of RST_STREAM or GOAWAY (RFC 9113 7), the gRPC status's number, the `code` of a refusal, or the close code of a
   * WebSocket (RFC 6455 7.4): 1005 when the Close frame had none, 1006 when the connection ended without a Close frame.
   */
  readonly code: number | string | null
  /** Where it ended: the direction that was under way, and how many bytes of that body had passed. */
  readonly at: { readonly direction: 'request' | 'response'; readonly byte: number } | null
  /** The name of the injected fault. */
  readonly fault: string | null
}

/** When something happened, in milliseconds after `arrived_ms`; null when it did not, or is not known. */
export interface LedgerTimes {
  /**
   * The first byte of the request was read: 0 or less, because the head ends at 0. Null where the listener gets heads
   * whole: on the fast listener, gRPC and HTTP/2.
   */
  readonly first_byte: number | null
  /** The request's head was whole: 0, from where all times are told. */
  readonly head_end: number | null
  readonly body_first: number | null
  readonly body_last: number | null
  /** The client's Expect was met by a 100. */
  readonly continue_sent: number | null
  readonly answer_first: number | null
  readonly answer_last: number | null
  /** The client's FIN: it sends no more, and has often left; null where the listener does not see one. */
  readonly client_fin: number | null
  readonly end: number | null
}

/** A piece of the request's body as it was read. */
export type LedgerPiece = readonly [atMs: number, bytes: number]

/** An interim answer that was sent (RFC 9110 15.2). */
export type LedgerInterim = readonly [atMs: number, status: number]

/** Headers that say whether somebody tried again; lower-case names. Absent ones are left out. */
export type RetryHints = Readonly<Record<string, string>>

/**
 * What the origin did for a client that had left: from its FIN, or else from its RST or RST_STREAM, until the endpoint
 * stopped.
 */
export interface WorkAfter {
  readonly ms: number
  /** Of the answer's body, produced for nobody; what the kernel then threw away among them. */
  readonly bytes: number
}

/** What was said on a WebSocket; the record ends when it closes. Bytes are `body_bytes` and `bytes_written`. */
export interface LedgerWebSocket {
  readonly messages_in: number
  readonly messages_out: number
  /** Ping frames of the client's, or of a proxy that keeps the connection awake. */
  readonly pings_in: number
  /** How long no message had gone either way when it ended. */
  readonly idle_ms: number
}

/** One arrival of a request. */
export interface LedgerRecord {
  readonly id: string
  /** X-HP-Run, or null. */
  readonly run: string | null
  /** Which arrival of this id in this pod, from 1. */
  readonly attempt: number
  /** Which arrival in all pods that were asked, in the order of their clocks; null where only one pod is asked. */
  readonly attempt_total: number | null
  /** False when only the fields of the index are left; ids stay countable for longer than their details. */
  readonly is_full: boolean
  readonly pod: string
  readonly namespace: string | null
  readonly node: string | null
  readonly zone: string | null
  readonly version: string
  readonly worker: number
  /** `fast`, `wire` or `grpc`. */
  readonly listener: string
  readonly scheme: 'http' | 'https' | null
  /** The connection's id (X-HP-Connection); null where the listener does not know its connections apart. */
  readonly connection: string | null
  /** Which request of that connection, from 1. */
  readonly request_on_connection: number | null
  /** How long the connection had been idle before; of its first request since it was opened. */
  readonly idle_before_ms: number | null
  readonly source_address: string | null
  /** Unix time in milliseconds, with a fraction: when the head was there. */
  readonly arrived_ms: number
  readonly times: LedgerTimes
  readonly method: string
  /** The request target as it came: undecoded, with its query. */
  readonly target: string | null
  /** The row's path, as in metrics. */
  readonly route: string
  /** Values of secrets are `sha256:<first 16 hex digits>`. */
  readonly headers: readonly FieldLine[] | null
  /** Not all header lines are here: there were too many bytes. */
  readonly headers_cut: boolean
  /** Of the request; null when none came. */
  readonly trailers: readonly FieldLine[] | null
  readonly http_version: string
  readonly alpn: string | null
  readonly sni: string | null
  /** Of the request's body, as far as it was read. */
  readonly body_bytes: number
  /** Whether the whole body came; true when there was none. Null where it is not known. */
  readonly body_complete: boolean | null
  /** `sha256:<64 hex digits>`, where the endpoint took one. */
  readonly body_hash: string | null
  /** Where the endpoint verified the body: -1 is intact. */
  readonly first_bad_offset: number | null
  /** The first pieces of the body. */
  readonly pieces: readonly LedgerPiece[] | null
  readonly pieces_cut: boolean
  /** The Expect header's value. */
  readonly expect: string | null
  readonly interims: readonly LedgerInterim[]
  /** Names of the faults that were done. */
  readonly faults: readonly string[]
  /** Of the answer; 499 when the client left before there was one. A gRPC status for calls. */
  readonly status: number
  /** Of the answer's body, handed to the kernel or to a queue of one piece at most. */
  readonly bytes_written: number
  /** Null for what is no WebSocket. */
  readonly websocket: LedgerWebSocket | null
  readonly end: LedgerEnd
  /** Null when the client stayed to the end, and where the origin does not know: on the fast listener and gRPC. */
  readonly work_after_client_left: WorkAfter | null
  readonly retry_hints: RetryHints
}

/** A pod that was asked, and why it did not answer. */
export interface UnaskedPod {
  readonly pod: string
  readonly why: string
}

/** The answer of `/ledger/{id}`. */
export interface LedgerAnswer {
  readonly id: string
  /** In order of arrival; the newest 1,000 of each pod. */
  readonly attempts: readonly LedgerRecord[]
  /** Older attempts that are not told. */
  readonly attempts_cut: number
  /** Records of any id that have fallen out since the pod started: with more than 0, an id that is missing may have come. */
  readonly dropped: number
  /** Pods whose records are in the answer; only on the admin port. */
  readonly pods?: readonly string[]
  /** Pods that could not be asked; only on the admin port. */
  readonly unasked?: readonly UnaskedPod[]
}

/** Why an id is odd. */
export type OddWhy = 'duplicated' | 'aborted'

/** An id of the run that did not simply come once and get its whole answer. */
export interface OddId {
  readonly id: string
  readonly why: readonly OddWhy[]
  readonly attempts: number
  /** The causes of its attempts' ends, in order of arrival; the first 100, or 6 where pods are added up. */
  readonly ends: readonly EndCause[]
}

/** Counts of one group of records. */
export interface LedgerCounts {
  readonly records: number
  readonly aborted: number
}

/**
 * How long the origin took, from the head of a request until its whole answer was with the kernel, in milliseconds.
 * Exchanges that ended early, and WebSockets, are not in it; those whose records fell out are. Right to an eighth: a
 * percentile is the upper bound of its bucket.
 */
export interface LedgerLatency {
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  /** Those that have any, in order; `up_to` is the bound above. */
  readonly buckets: readonly { readonly up_to: number; readonly count: number }[]
}

/** The answer of `/ledger?run=`. */
export interface LedgerSummary {
  readonly run: string
  /** How many different ids came. */
  readonly ids: number
  /** Ids that came once. */
  readonly once: number
  /** Ids that came more than once. */
  readonly duplicated: number
  /** Ids one of whose attempts ended early. */
  readonly aborted: number
  /** The odd ids, oldest first; at most 1,000. */
  readonly odd: readonly OddId[]
  /** Not all odd ids are listed. */
  readonly odd_cut: boolean
  readonly records: number
  /** Records of any run that have fallen out since the pod started. */
  readonly dropped: number
  readonly by_pod: Readonly<Record<string, LedgerCounts>>
  readonly by_method: Readonly<Record<string, LedgerCounts>>
  readonly by_listener: Readonly<Record<string, LedgerCounts>>
  /** Null when nothing is known: no exchange had its whole answer, or 64 runs have come since. */
  readonly latency: LedgerLatency | null
  readonly pods?: readonly string[]
  readonly unasked?: readonly UnaskedPod[]
}

/** What is known of the requests that had an id, over all workers of this pod. */
export interface LedgerView {
  /** No attempts when nothing is known of the id. */
  find(id: string): LedgerAnswer
  /** `run` is '' for requests without one. */
  summarize(run: string): Promise<LedgerSummary>
}
