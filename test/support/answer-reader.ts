/** One HTTP/1.1 answer as it stood on the wire. */
export interface Answer {
  readonly status: number
  /** By lower-case name; the last one of a repeated name. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

interface Head {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
}

const headEnd = Buffer.from('\r\n\r\n')

/** Cuts a connection's bytes into answers, strictly: what does not parse is an error. */
export class AnswerReader {
  readonly #isBodyless: boolean
  #bytes: Buffer = Buffer.alloc(0)
  #head: Head | undefined
  #pieces: Buffer[] = []
  #missing = 0

  /** `isBodyless` when the requests are HEAD: their answers have a length and no body. */
  constructor({ isBodyless = false }: { readonly isBodyless?: boolean } = {}) {
    this.#isBodyless = isBodyless
  }

  /** Whether an answer has begun and not ended. */
  get isInside(): boolean {
    return this.#head !== undefined || this.#bytes.length > 0
  }

  /** The head of the answer that has begun, when it is complete. */
  get head(): Head | undefined {
    return this.#head
  }

  /** The answers that `bytes` complete. */
  push(bytes: Buffer): readonly Answer[] {
    const answers: Answer[] = []
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
    for (;;) {
      const answer = this.#next()
      if (answer === undefined) return answers
      answers.push(answer)
    }
  }

  #next(): Answer | undefined {
    this.#head ??= this.#takeHead()
    if (this.#head === undefined) return undefined
    const isWhole = isChunked(this.#head) ? this.#takeChunks() : this.#takeSized()
    if (!isWhole) return undefined
    const answer = { ...this.#head, body: Buffer.concat(this.#pieces) }
    this.#head = undefined
    this.#pieces = []
    return answer
  }

  #takeHead(): Head | undefined {
    const end = this.#bytes.indexOf(headEnd)
    if (end === -1) return undefined
    const [statusLine = '', ...lines] = this.#take(end + headEnd.length)
      .toString('latin1')
      .split('\r\n')
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]
    if (status === undefined) throw new Error(`no status line: ${JSON.stringify(statusLine)}`)
    const headers = new Map(
      lines
        .filter((line) => line !== '')
        .map((line) => {
          const colon = line.indexOf(':')
          return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
        }),
    )
    const head = { status: Number(status), headers }
    this.#missing = this.#bodyBytes(head)
    return head
  }

  #bodyBytes({ status, headers }: Head): number {
    if (this.#isBodyless || status < 200 || status === 204 || status === 304) return 0
    return Number(headers.get('content-length') ?? 0)
  }

  #takeSized(): boolean {
    const piece = this.#take(Math.min(this.#missing, this.#bytes.length))
    if (piece.length > 0) this.#pieces.push(piece)
    this.#missing -= piece.length
    return this.#missing === 0
  }

  #takeChunks(): boolean {
    for (;;) {
      const lineEnd = this.#bytes.indexOf('\r\n')
      if (lineEnd === -1) return false
      const size = this.#bytes.toString('latin1', 0, lineEnd)
      if (!/^[0-9a-f]+$/i.test(size)) throw new Error(`no chunk size: ${JSON.stringify(size)}`)
      const bytes = Number.parseInt(size, 16)
      if (this.#bytes.length < lineEnd + 2 + bytes + 2) return false
      this.#take(lineEnd + 2)
      if (bytes > 0) this.#pieces.push(this.#take(bytes))
      if (this.#take(2).toString('latin1') !== '\r\n') throw new Error('no end after a chunk')
      if (bytes === 0) return true
    }
  }

  #take(bytes: number): Buffer {
    const taken = this.#bytes.subarray(0, bytes)
    this.#bytes = this.#bytes.subarray(bytes)
    return taken
  }
}

function isChunked({ headers }: Head): boolean {
  return headers.get('transfer-encoding') === 'chunked'
}
