import { OriginError } from '../../errors.ts'

/** The end of the body is uncertain, so the connection ends after the refusal. */
export class FramingError extends OriginError {
  override readonly name = 'FramingError'
}

/**
 * Refuses a request whose body a proxy may take to end elsewhere than we do (RFC 9112 6.3, 11.2); `headers` are
 * names in lower case and values alternating. Only chunked is known, and only alone; only digits are a length.
 */
export function checkFraming(headers: readonly string[]): void {
  const [codings, lengths]: [string[], string[]] = [[], []]
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] === 'transfer-encoding') codings.push(headers[at + 1] ?? '')
    if (headers[at] === 'content-length') lengths.push(headers[at + 1] ?? '')
  }
  const coding = codings.join(', ').toLowerCase()
  const length = lengths[0]
  if (codings.length > 0 && lengths.length > 0) {
    throw new FramingError(
      'INVALID_REQUEST',
      'the request has both Transfer-Encoding and Content-Length; use one of them',
    )
  }
  if (codings.length > 0 && coding !== 'chunked') {
    const isLastChunked = coding.endsWith(', chunked')
    throw new FramingError(
      isLastChunked ? 'UNSUPPORTED_ON_LISTENER' : 'INVALID_REQUEST',
      `Transfer-Encoding: ${codings.join(', ')} is not supported; use chunked alone`,
    )
  }
  if (lengths.length > 1) {
    throw new FramingError('INVALID_REQUEST', `${lengths.length} Content-Length headers; use one`)
  }
  if (length !== undefined && !/^\d+$/.test(length)) {
    throw new FramingError(
      'INVALID_REQUEST',
      `Content-Length: "${length}" is not a number of bytes`,
    )
  }
}
