import { isUtf8 } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'

import { joinedValue } from '../http/header-list.ts'

/** A request as Node's HTTP/1 and HTTP/2 servers give it. They agree on everything that we use. */
export type WireRequest = IncomingMessage | Http2ServerRequest

/** Its answer, likewise. */
export type WireResponse = ServerResponse | Http2ServerResponse

/** A request's target: path and query as text, and the authority if it names one. */
export interface Target {
  readonly path: string
  readonly query: string
  /**
   * From a target in absolute form (RFC 9112 3.2.2), which a server must accept. It is then the host, whatever Host
   * says.
   */
  readonly authority: string | undefined
}

/** Reads a target as it came, as Latin-1. */
export function readTarget(raw: string): Target {
  const match = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i.exec(raw)
  const rest = textOf(match === null ? raw : raw.slice(match[0].length))
  const target = match === null || rest.startsWith('/') ? rest : `/${rest}`
  const mark = target.indexOf('?')
  return {
    path: mark === -1 ? target : target.slice(0, mark),
    query: mark === -1 ? '' : target.slice(mark + 1),
    authority: match?.[1],
  }
}

/**
 * Bytes that Node gives as Latin-1, as text: UTF-8 if they are UTF-8, as they mostly are and as the fast listener shows
 * them; otherwise Latin-1, a character for each byte.
 */
export function textOf(latin1: string): string {
  if (isAscii.test(latin1)) return latin1
  const bytes = Buffer.from(latin1, 'latin1')
  return isUtf8(bytes) ? bytes.toString() : latin1
}

// eslint-disable-next-line no-control-regex
const isAscii = /^[\0-\x7f]*$/

/**
 * Names in lower case and values alternating. HTTP/2's pseudo-headers are not headers (RFC 9113 8.3), but :authority
 * means what Host means in HTTP/1.
 */
export function readHeaders({ rawHeaders }: WireRequest, isHttp1: boolean): readonly string[] {
  const headers: string[] = []
  let authority: string | undefined
  let hasHost = false
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase()
    const value = textOf(rawHeaders[at + 1] ?? '')
    if (name === ':authority') authority = value
    if (name.startsWith(':')) continue
    if (name === 'host') hasHost = true
    headers.push(name, value)
  }
  if (!isHttp1 && authority !== undefined && !hasHost) {
    headers.unshift('host', authority)
  }
  return headers
}

/** Whether it is unknown where the next request begins (RFC 9112 6.1: HTTP/1.0 has no transfer codings). */
export function hasFaultyFraming({
  isOfUnknownVersion,
  headers,
  httpVersion,
}: {
  readonly isOfUnknownVersion: boolean
  readonly headers: readonly string[]
  readonly httpVersion: string
}): boolean {
  if (isOfUnknownVersion) return true
  const coding = joinedValue(headers, 'transfer-encoding')
  return coding !== '' && (httpVersion === '1.0' || coding.toLowerCase() !== 'chunked')
}
