import type * as Grpc from '@grpc/grpc-js'

import { OriginError } from '../../errors.ts'
import type { GrpcLibrary } from './library.ts'

// Names that gRPC uses itself, and that are not metadata.
const transport = /^(?::(?:method|path|scheme)|te|grpc-(?:timeout|encoding))$/

/** Names and values alternating of a request's header block, without what is the transport's. */
export function requestMetadata(rawHeaders: readonly string[]): readonly string[] {
  const metadata: string[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]]
    if (!transport.test(name)) metadata.push(name, value)
  }
  return metadata
}

// gRPC's own (PROTOCOL-HTTP2.md), what HTTP/2 forbids (RFC 9113 8.2.2), and what the peer would hold the
// answer to.
const reserved =
  /^(?:grpc-|(?:content-type|content-length|connection|keep-alive|proxy-connection|transfer-encoding|upgrade|http2-settings|te|trailer)$)/

// Past 64 KiB HTTP/2 here cannot send a header block, and the client would see a protocol error.
const bytesLimit = 32 * 1024

/** Metadata of an answer, created with its first entry. */
export class AnswerMetadata {
  readonly #library: GrpcLibrary
  #metadata: Grpc.Metadata | undefined
  #bytes = 0

  constructor(library: GrpcLibrary) {
    this.#library = library
  }

  /** Undefined while there is nothing in it. */
  get value(): Grpc.Metadata | undefined {
    return this.#metadata
  }

  /**
   * The last value of a name counts. Values of names that end in -bin are base64. Throws an OriginError for what cannot
   * be sent.
   */
  set(name: string, value: string): void {
    const key = name.toLowerCase()
    if (!/^[0-9a-z_.-]+$/.test(key) || reserved.test(key)) {
      throw new OriginError('INVALID_REQUEST', `${JSON.stringify(name)} cannot be metadata`)
    }
    const isBinary = key.endsWith('-bin')
    if (!isBinary && !/^[ -~]*$/.test(value)) {
      throw new OriginError(
        'INVALID_REQUEST',
        `the value of ${name} must be visible ASCII and spaces`,
      )
    }
    this.#bytes += name.length + value.length
    if (this.#bytes > bytesLimit) {
      throw new OriginError('INVALID_REQUEST', `the answer's metadata is past ${bytesLimit} bytes`)
    }
    this.#metadata ??= new this.#library.Metadata()
    this.#metadata.set(key, isBinary ? Buffer.from(value, 'base64') : value)
  }
}
