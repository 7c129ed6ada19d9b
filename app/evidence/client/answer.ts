import type { Stop } from './connection.ts'

/** Header or trailer lines: name and value, order and case as they came. */
export type Fields = readonly (readonly [name: string, value: string])[]

/** The head of an answer. */
export interface Head {
  /** 1.0, 1.1 or 2. */
  readonly version: string
  readonly status: number
  readonly reason: string
  readonly fields: Fields
  /** The header lines as bytes in latin1, of HTTP/1; what no parser would take is still here. */
  readonly lines: readonly string[]
}

/** Body bytes and when they came. */
export interface Piece {
  readonly atMs: number
  readonly bytes: number
}

/** What became of one request, as its client saw it. Times are milliseconds after it was sent. */
export interface Answer {
  /** Undefined where nothing that is a head came. */
  readonly head: Head | undefined
  readonly interims: readonly Head[]
  readonly body: Buffer
  /** As long as `body`, unless the asker took the pieces itself. */
  readonly bodyBytes: number
  readonly pieces: readonly Piece[]
  readonly trailers: Fields
  /** How the length of the body was told. */
  readonly framing: 'length' | 'chunked' | 'close' | 'none' | 'http2'
  /** `complete`: a client takes it for the whole answer. */
  readonly end: 'complete' | 'malformed' | Stop
  /** What a malformed answer has in the wrong place. */
  readonly trouble: string
  readonly headMs: number
  readonly endMs: number
}

/** The values of a field, in order. */
export function valuesOf(fields: Fields | undefined, name: string): readonly string[] {
  const wanted = name.toLowerCase()
  return (fields ?? [])
    .filter(([given]) => given.toLowerCase() === wanted)
    .map(([, value]) => value)
}

/** The values of an answer's field, in order. */
export function valuesIn({ head }: Pick<Answer, 'head'>, name: string): readonly string[] {
  return valuesOf(head?.fields, name)
}

/** The status; 0 where no head came. */
export function statusOf({ head }: Pick<Answer, 'head'>): number {
  return head?.status ?? 0
}

/** Whether a client would take it for a whole answer that went well. */
export function isWholeSuccess(answer: Answer): boolean {
  const status = statusOf(answer)
  return answer.end === 'complete' && status >= 200 && status < 300
}

/** One clause about an answer: `200 with 1024 bytes, then RST`. */
export function describe(answer: Answer): string {
  const { head, bodyBytes, end, trouble, headMs } = answer
  const ends = {
    complete: 'complete',
    malformed: `then ${trouble}`,
    fin: 'then FIN',
    reset: 'then RST',
    timeout: 'then silence',
  }
  const interims = answer.interims.map(({ status }) => `${status}, `).join('')
  if (head === undefined) return `${interims}no answer, ${ends[end]} after ${showMs(answer.endMs)}`
  const body = bodyBytes === 0 ? 'without a body' : `with ${bodyBytes} bytes of body`
  return `${interims}${head.status} after ${showMs(headMs)} ${body}, ${ends[end]}`
}

/** `12 ms`, `3.2 s`. */
export function showMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
