import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'

/** A request as Node's HTTP/1 and HTTP/2 servers give it, which agree on all we ask of them. */
export type WireRequest = IncomingMessage | Http2ServerRequest

/** Its answer, likewise. */
export type WireResponse = ServerResponse | Http2ServerResponse

/** Path and query of a target; a server must take the absolute form, too (RFC 9112 3.2.2). */
export function originForm(target: string): string {
  const match = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i.exec(target)
  if (match === null) return target
  const rest = target.slice(match[0].length)
  return rest.startsWith('/') ? rest : `/${rest}`
}

/**
 * Names in lower case and values alternating. HTTP/2's pseudo-headers are not headers (RFC 9113 8.3), but :authority
 * says what Host says in HTTP/1.
 */
export function readHeaders({ rawHeaders }: WireRequest, isHttp1: boolean): readonly string[] {
  const headers: string[] = []
  let authority: string | undefined
  let hasHost = false
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase()
    const value = rawHeaders[at + 1] ?? ''
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
