import { isUtf8 } from 'node:buffer'

import type { Identity } from '../../evidence/identity.ts'
import { requestIdHeader } from '../answers.ts'
import {
  type CollectedBody,
  type Exchange,
  type Origin,
  type Reply,
  type WireView,
  endpoint,
} from '../endpoint.ts'
import { echoSchema } from './echo-schema.ts'
import { readIncremental } from './incremental.ts'

// The token counts that AI gateways look for. They are fixed, because the first server of this kind sent these.
const usage = {
  prompt_tokens: 1,
  completion_tokens: 2,
  input_tokens: 100,
  output_tokens: 200,
  total_tokens: 300,
}
const usageJson = JSON.stringify(usage)

/** How an endpoint's echo differs from the plain one. */
export interface EchoOptions {
  /** The id of the endpoint, where it is not the echo itself. */
  readonly endpoint?: string
  /** Fields at the end. */
  readonly extra?: object
  readonly hasUsage?: boolean
  /** The body, when the endpoint itself has read it. */
  readonly body?: CollectedBody
  readonly hasBodyText?: boolean
}

/**
 * The request as JSON. Written by hand around JSON.stringify of the strings: headers must keep repeated names and a
 * header called __proto__, which an object would lose.
 */
export function echoJson(exchange: Exchange, options: EchoOptions = {}): string {
  const { origin, path, query, method, requestId } = exchange
  const host = exchange.header('host')
  const contentType = exchange.header('content-type')
  const quote = quoteFor(
    `${origin.hostname}${method}${host}${path}${query}${contentType}${requestId}`,
  )
  const uri = `${exchange.scheme}://${host}${path}${query === '' ? '' : '?'}${query}`
  const more = options.extra === undefined ? '{}' : JSON.stringify(options.extra)
  return (
    `{"_myhostname":${quote(origin.hostname)},"method":${quote(method)}` +
    `,"uri":${quote(uri)},"path":${quote(path)},"query":${quote(query)}` +
    `,"http_version":"${exchange.httpVersion}","headers":${headersJson(exchange.headers)}` +
    `,"content_type":${quote(contentType)}` +
    bodyJson(options.body ?? exchange.body, options.hasBodyText ?? true) +
    `,"usage":${options.hasUsage === false ? '{}' : usageJson}` +
    `,"source_addr":"${exchange.sourceAddress}","destination_addr":"${exchange.destinationAddress}"` +
    `,"request_id":${quote(requestId)},"listener":"${exchange.listener}"` +
    `,"identity":${identityJson(origin)}` +
    `,"endpoint":"${options.endpoint ?? 'echo'}"` +
    incrementalJson(exchange) +
    (exchange.wire === undefined ? '' : wireJson(exchange.wire)) +
    (more === '{}' ? '}' : `,${more.slice(1)}`)
  )
}

let told: { readonly identity: Identity; readonly json: string } | undefined

// The same in every echo of an origin.
function identityJson({ identity }: Origin): string {
  if (told?.identity !== identity) told = { identity, json: JSON.stringify(identity) }
  return told.json
}

// Most strings of a request need no escapes, and JSON.stringify is a call into the runtime for each. One look at all of
// them together shows whether quotation marks are enough (0.6 us of an echo).
function quoteFor(texts: string): (text: string) => string {
  return needsEscape.test(texts) ? JSON.stringify : wrap
}

function wrap(text: string): string {
  return `"${text}"`
}

const needsEscape = /[^ !#-[\]-~]/

/** The echo as an answer, with the request id in the header too. */
export function echoReply(exchange: Exchange, options: EchoReplyOptions = noOptions): Reply {
  const { status = 200 } = options
  const hasBody = status >= 200 && status !== 204 && status !== 304
  return {
    status,
    headers: [
      ['Content-Type', 'application/json'],
      ['X-Request-ID', exchange.requestId],
    ],
    body: hasBody ? { kind: 'bytes', bytes: echoJson(exchange, options) } : { kind: 'none' },
  }
}

interface EchoReplyOptions extends EchoOptions {
  readonly status?: number
}

const noOptions: EchoReplyOptions = {}

function headersJson(headers: readonly string[]): string {
  const quote = quoteFor(headers.join(''))
  if (headers.length > fewHeaders) return manyHeadersJson(headers, quote)
  let json = ''
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? ''
    if (nextIndex(headers, name, 0) < at) continue
    const value = quote(headers[at + 1] ?? '')
    const isRepeated = nextIndex(headers, name, at + 2) < headers.length
    const values = isRepeated ? `[${valuesOf(headers, name).map(quote).join(',')}]` : value
    json += `${at === 0 ? '' : ','}${quote(name)}:${values}`
  }
  return `{${json}}`
}

// Known only to a listener that sees every byte.
function wireJson({ rawHeaders, trailers, authority, tls, proxyProtocol }: WireView): string {
  return (
    `,"raw_headers":${pairsJson(rawHeaders)}` +
    (trailers.length === 0 ? '' : `,"raw_trailers":${pairsJson(trailers)}`) +
    (authority === undefined ? '' : `,"authority":${JSON.stringify(authority)}`) +
    (tls === undefined ? '' : `,"tls":${JSON.stringify(tls)}`) +
    (proxyProtocol === undefined ? '' : `,"proxy_protocol":${JSON.stringify(proxyProtocol)}`)
  )
}

function pairsJson(lines: readonly string[]): string {
  const pairs: string[] = []
  for (let at = 0; at < lines.length; at += 2) {
    pairs.push(`[${JSON.stringify(lines[at])},${JSON.stringify(lines[at + 1])}]`)
  }
  return `[${pairs.join(',')}]`
}

// RFC 10036; absent when the request does not say.
function incrementalJson(exchange: Exchange): string {
  const isIncremental = readIncremental(exchange)
  return isIncremental === undefined ? '' : `,"incremental":${isIncremental}`
}

function valuesOf(headers: readonly string[], name: string): readonly string[] {
  return headers.filter((_, at) => at % 2 === 1 && headers[at - 1] === name)
}

// The fast engine accepts 98 headers; the wire listener any number, and each walk below would pass all of them.
const fewHeaders = 2 * 98

function manyHeadersJson(headers: readonly string[], quote: (text: string) => string): string {
  const values = new Map<string, string[]>()
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? ''
    const known = values.get(name)
    const value = quote(headers[at + 1] ?? '')
    if (known === undefined) values.set(name, [value])
    else known.push(value)
  }
  const fields = [...values].map(([name, [first, ...more]]) =>
    more.length === 0
      ? `${quote(name)}:${first}`
      : `${quote(name)}:[${[first, ...more].join(',')}]`,
  )
  return `{${fields.join(',')}}`
}

// A walk over the few headers of a request is faster than building a Map of them.
function nextIndex(headers: readonly string[], name: string, from: number): number {
  let at = from
  while (at < headers.length && headers[at] !== name) at += 2
  return at
}

function bodyJson(body: CollectedBody, hasText: boolean): string {
  if (!hasText || body.size === 0) return `,"body":"","body_size":${body.size}`
  const isTruncated = body.size > body.bytes.length
  const bytes = isTruncated ? wholeCharacters(body.bytes) : body.bytes
  const decoded = bytes.toString('utf8')
  // Decoding turns bytes that are not UTF-8 into the replacement character; or the client has sent it.
  const isText = !decoded.includes('\ufffd') || isUtf8(bytes)
  const text = isText ? decoded : body.bytes.toString('base64')
  return (
    `,"body":${JSON.stringify(isTruncated && isText ? `${text}...[TRUNCATED]` : text)}` +
    `,"body_size":${body.size}` +
    (isTruncated ? ',"body_truncated":true' : '') +
    (isText ? '' : ',"body_encoding":"base64"')
  )
}

// The cut may be in the middle of a character, which would make text look binary. Drops up to three bytes when they are
// the beginning of a character (RFC 3629), that is, when some continuation completes them.
function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const begun = bytes.subarray(bytes.length - back)
    const lead = begun[0] ?? 0
    if (lead < 0x80) return bytes
    if (lead < 0xc0) continue
    const missing = (lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4) - back
    const isBegun = [0x80, 0xbf].some((filler) =>
      isUtf8(Buffer.concat([begun, Buffer.alloc(Math.max(0, missing), filler)])),
    )
    return missing > 0 && isBegun ? bytes.subarray(0, bytes.length - back) : bytes
  }
  return bytes
}

export const echo = endpoint({
  id: 'echo',
  path: '/',
  summary: 'The request as JSON; also the answer of every path that is not listed here',
  parameters: {},
  takesAnyQuery: true,
  group: 'echo',
  answers: {
    200: {
      description: 'The request as the origin received it',
      headers: requestIdHeader,
      content: { 'application/json': echoSchema },
    },
  },
  reads: 'whole',
  examples: [
    {
      path: '/',
      status: 200,
      expectHeaders: { 'content-type': 'application/json' },
      expectBody: {
        json: {
          method: 'GET',
          path: '/',
          query: '',
          body: '',
          body_size: 0,
          usage,
          endpoint: 'echo',
        },
      },
    },
    {
      path: '/found',
      method: 'QUERY',
      headers: { 'content-type': 'text/plain', incremental: '?1' },
      body: 'color = red',
      status: 200,
      expectBody: { json: { method: 'QUERY', body: 'color = red', incremental: true } },
    },
    {
      path: '/any/path?a=1&b=2',
      method: 'POST',
      headers: { 'content-type': 'text/plain', 'x-request-id': 'order-66' },
      body: 'hello',
      status: 200,
      expectHeaders: { 'x-request-id': 'order-66' },
      expectBody: {
        json: {
          method: 'POST',
          path: '/any/path',
          query: 'a=1&b=2',
          content_type: 'text/plain',
          body: 'hello',
          body_size: 5,
          request_id: 'order-66',
        },
      },
    },
  ],
  handle: (exchange) => echoReply(exchange),
})
