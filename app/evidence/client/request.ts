import type { Fields } from './answer.ts'

/** A request as bytes: nothing is checked or added but what is said here. */
export interface Request {
  /** GET unless said. */
  readonly method?: string
  /** The target behind the base path of the URL; `/` unless said. */
  readonly path?: string
  /** A text of the fault grammar, sent as X-HP. */
  readonly hp?: string
  /** Sent as X-HP-Id: the key of the ledger. */
  readonly id?: string
  /** More header lines, in this order. */
  readonly fields?: Fields
  /** Sent whole with Content-Length, unless it is chunked. */
  readonly body?: string | Uint8Array
  /** The body goes out as one chunk; these fields come behind it. */
  readonly isChunked?: boolean
  readonly trailers?: Fields
  /** 1.1 unless said. */
  readonly version?: '1.0' | '1.1'
  /** Says `Connection: close`. */
  readonly isLast?: boolean
}

/** What the URL says that every request has. */
export interface Base {
  /** The Host header. */
  readonly authority: string
  /** The path of the URL without a slash at its end: `/app`, or nothing. */
  readonly prefix: string
}

/** The header lines of a request that every client of ours sends, and then its own. */
export function fieldsOf(request: Request): Fields {
  const { hp, id, fields = [] } = request
  return [
    ...(id === undefined ? [] : [['X-HP-Id', id] as const]),
    ...(hp === undefined ? [] : [['X-HP', hp] as const]),
    ...fields,
  ]
}

/** The head of a request of HTTP/1. */
export function headBytes(request: Request, { authority, prefix }: Base): string {
  const { method = 'GET', path = '/', version = '1.1', body, isChunked = false } = request
  const framing: Fields = isChunked
    ? [['Transfer-Encoding', 'chunked']]
    : body === undefined
      ? []
      : [['Content-Length', String(lengthOf(body))]]
  const own = fieldsOf(request)
  const hasHost = own.some(([name]) => name.toLowerCase() === 'host')
  const lines: Fields = [
    ...(hasHost ? [] : [['Host', authority] as const]),
    ...own,
    ...framing,
    ...(request.isLast === true ? [['Connection', 'close'] as const] : []),
  ]
  const target = /^\w+:/.test(path) || path === '*' ? path : `${prefix}${path}`
  const start = `${method} ${target} HTTP/${version}`
  return `${[start, ...lines.map(([name, value]) => `${name}: ${value}`)].join('\r\n')}\r\n\r\n`
}

/** The body of a request as it goes out. */
export function bodyBytes({ body, isChunked = false, trailers = [] }: Request): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : Buffer.from(body ?? '')
  if (!isChunked) return bytes
  const behind = trailers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const parts = [`${bytes.length.toString(16)}\r\n`, bytes, `\r\n0\r\n${behind}\r\n`]
  const chunks = bytes.length === 0 ? [`0\r\n${behind}\r\n`] : parts
  return Buffer.concat(chunks.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
}

function lengthOf(body: string | Uint8Array): number {
  return typeof body === 'string' ? Buffer.byteLength(body, 'latin1') : body.length
}
