import { type Payload, digestPayload } from '../../traffic/payload.ts'
import type { Exchange, Reply } from '../endpoint.ts'

/**
 * Adds the digests of an answer that is a payload or a part of one (RFC 9530). Repr-Digest is of the whole payload,
 * also with a range and for HEAD. Content-Digest is of the bytes of this very answer, so HEAD has none; several ranges
 * have none either, because their boundaries are made while they are sent. Trailers where the answer is chunked.
 */
export async function withDigests(
  reply: Reply,
  payload: Payload,
  { signal, method }: Pick<Exchange, 'signal' | 'method'>,
): Promise<Reply> {
  const { body, headers } = reply
  const ofWhole = fieldValue(await digestPayload(payload, signal))
  const fields: (readonly [string, string])[] = [['Repr-Digest', ofWhole]]
  if (body.kind === 'sized' && method !== 'HEAD') {
    const isWhole = body.start === 0 && body.end === payload.bytes
    const ofContent = isWhole ? ofWhole : fieldValue(await digestPayload(partOf(body), signal))
    fields.push(['Content-Digest', ofContent])
  }
  const isChunked = body.kind === 'sized' && body.isChunked
  return isChunked ? { ...reply, trailers: fields } : { ...reply, headers: [...headers, ...fields] }
}

/** A SHA-256 in the syntax of these fields. */
export function fieldValue(digest: Buffer): string {
  return `sha-256=:${digest.toString('base64')}:`
}

function partOf({
  payload,
  start,
  end,
}: {
  readonly payload: Payload
  readonly start: number
  readonly end: number
}): Payload {
  return {
    bytes: end - start,
    slice: (offset, limit) => payload.slice(start + offset, Math.min(limit, end - start - offset)),
  }
}
