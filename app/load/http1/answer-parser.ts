/** What is known of an answer. */
export interface Answer {
  readonly status: number
  /** Whether the connection can carry another request. */
  readonly keepsAlive: boolean
  /** The value of Server-Timing, '' when there is none. */
  readonly serverTiming: string
}

/** How far an answer has come; a sentence when it is no HTTP. */
export type Progress = 'more' | 'whole' | { readonly malformed: string }

// Past this a head is no head: curl takes 300 KiB.
const headLimit = 256 * 1024

const cr = 13
const lf = 10

type State =
  | 'head'
  | 'sized'
  | 'chunk-size'
  | 'chunk-extension'
  | 'chunk'
  | 'chunk-end'
  | 'trailers'
  | 'until-close'
  | 'whole'

/**
 * Reads HTTP/1 answers (RFC 9112) and keeps no byte of their bodies: one answer at a time, in pieces of any size. Node's
 * own client makes objects for each message and each header, which costs five times as much.
 */
export class AnswerParser implements Answer {
  status = 0
  keepsAlive = true
  serverTiming = ''
  #state: State = 'whole'
  /** Whether the answer has no body whatever its head says (HEAD). */
  #isBodiless = false
  /** A head that is not whole yet. */
  #partial: Buffer | undefined
  /** Bytes of the body, or of the chunk, to come. */
  #left = 0
  #isChunked = false
  #length: number | undefined
  #digits = 0
  #lineLength = 0

  /** The next answer is one to this method. */
  begin(method: string): void {
    this.#state = 'head'
    this.#isBodiless = method === 'HEAD'
    this.#partial = undefined
    this.status = 0
  }

  /** Whether any byte of it came. */
  get hasBegun(): boolean {
    return this.status !== 0 || this.#partial !== undefined
  }

  /** Takes bytes as they come. More bytes than the answer has are `malformed`: nobody asked for them. */
  feed(bytes: Buffer, length: number): Progress {
    let at = 0
    while (at < length) {
      if (this.#state === 'whole')
        return { malformed: 'bytes after the end of the answer, which nobody asked for' }
      const next = this.#step(bytes, at, length)
      if (typeof next === 'string') return { malformed: next }
      at = next
    }
    return this.#state === 'whole' ? 'whole' : 'more'
  }

  /** The other side sent its last byte. */
  finish(): Progress {
    if (this.#state !== 'until-close') return 'more'
    this.#state = 'whole'
    return 'whole'
  }

  /** The place after what was read, or what is wrong. */
  #step(bytes: Buffer, at: number, length: number): number | string {
    switch (this.#state) {
      case 'head':
        return this.#takeHead(bytes, at, length)
      case 'sized':
      case 'chunk':
        return this.#skip(at, length)
      case 'until-close':
      case 'whole':
        return length
      case 'chunk-size':
        return this.#takeSize(bytes[at] ?? 0, at + 1)
      case 'chunk-extension':
        if (bytes[at] === lf) this.#beginChunk()
        return at + 1
      case 'chunk-end':
        return this.#takeChunkEnd(bytes[at] ?? 0, at + 1)
      case 'trailers':
        return this.#takeTrailer(bytes[at] ?? 0, at + 1)
    }
  }

  #skip(at: number, length: number): number {
    const skipped = Math.min(this.#left, length - at)
    this.#left -= skipped
    if (this.#left === 0) this.#state = this.#isChunked ? 'chunk-end' : 'whole'
    return at + skipped
  }

  #takeChunkEnd(byte: number, next: number): number | string {
    if (byte === lf) this.#beginSize()
    else if (byte !== cr) return 'a chunk that is longer than its size says'
    return next
  }

  #takeSize(byte: number, next: number): number | string {
    const digit = hexDigit(byte)
    if (digit >= 0) {
      this.#left = this.#left * 16 + digit
      // 2^52: what has more digits is no size.
      return ++this.#digits > 13 ? 'a chunk size of too many digits' : next
    }
    if (this.#digits === 0) return 'a chunk without a size'
    if (byte === lf) this.#beginChunk()
    else if (byte === cr || byte === 0x3b || byte === 0x20 || byte === 0x09)
      this.#state = 'chunk-extension'
    else return 'a chunk size that is no number'
    return next
  }

  #beginSize(): void {
    this.#state = 'chunk-size'
    this.#digits = 0
    this.#left = 0
  }

  #beginChunk(): void {
    this.#state = this.#left === 0 ? 'trailers' : 'chunk'
    this.#lineLength = 0
  }

  #takeTrailer(byte: number, next: number): number {
    if (byte === lf) {
      if (this.#lineLength === 0) this.#state = 'whole'
      this.#lineLength = 0
    } else if (byte !== cr) this.#lineLength++
    return next
  }

  #takeHead(bytes: Buffer, at: number, length: number): number | string {
    const part = bytes.subarray(at, length)
    const before = this.#partial?.length ?? 0
    const whole = this.#partial === undefined ? part : Buffer.concat([this.#partial, part])
    const end = whole.indexOf('\r\n\r\n', Math.max(0, before - 3), 'latin1')
    if (end === -1) {
      if (whole.length > headLimit) return `a head of more than ${headLimit} bytes`
      // The bytes are the caller's, who reads into them again.
      this.#partial = before === 0 ? Buffer.from(part) : whole
      return length
    }
    this.#partial = undefined
    const problem = this.#readHead(whole.toString('latin1', 0, end))
    return problem ?? at + end + 4 - before
  }

  #readHead(head: string): string | undefined {
    const status = Number(head.slice(9, 12))
    if (!head.startsWith('HTTP/1.') || !(status >= 100 && status <= 999))
      return `no status line: ${JSON.stringify(head.slice(0, 40))}`
    this.status = status
    this.keepsAlive = head.charCodeAt(7) !== 0x30
    this.serverTiming = ''
    this.#isChunked = false
    this.#length = undefined
    for (let at = head.indexOf('\r\n'); at !== -1;) {
      const next = head.indexOf('\r\n', at + 2)
      this.#readHeader(head, at + 2, next === -1 ? head.length : next)
      at = next
    }
    return this.#chooseBody()
  }

  /** Looks closer only at lines whose names have the right length. */
  #readHeader(head: string, start: number, end: number): void {
    const colon = head.indexOf(':', start)
    const length = colon - start
    if (length !== 14 && length !== 10 && length !== 17 && length !== 13) return
    const value = (): string => head.slice(colon + 1, end).trim()
    switch (head.slice(start, colon).toLowerCase()) {
      case 'content-length':
        this.#length = Number(value())
        break
      case 'connection':
        if (/\bclose\b/i.test(value())) this.keepsAlive = false
        else if (/\bkeep-alive\b/i.test(value())) this.keepsAlive = true
        break
      case 'transfer-encoding':
        this.#isChunked = /chunked$/i.test(value())
        break
      case 'server-timing':
        this.serverTiming = value()
        break
      default:
    }
  }

  #chooseBody(): string | undefined {
    const { status } = this
    if (status < 200) {
      // An interim answer: the final one is still to come (RFC 9110, 15.2).
      this.#state = 'head'
      return status === 101 ? 'an upgrade (101) that nobody asked for' : undefined
    }
    if (this.#isBodiless || status === 204 || status === 304) this.#state = 'whole'
    else if (this.#isChunked) this.#beginSize()
    else if (this.#length === undefined) {
      this.#state = 'until-close'
      this.keepsAlive = false
    } else if (!Number.isSafeInteger(this.#length) || this.#length < 0)
      return 'a Content-Length that is no number'
    else {
      this.#left = this.#length
      this.#state = this.#left === 0 ? 'whole' : 'sized'
    }
    return undefined
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
