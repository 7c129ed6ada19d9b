import { isUtf8 } from 'node:buffer'

import { type CollectedBody, type Exchange, type Reply, endpoint } from '../endpoint.ts'

// The token counts AI gateways look for; fixed, because the first server of this kind sent these.
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
  /** Fields at the end. */
  readonly extra?: object
  readonly hasUsage?: boolean
  /** The body, where the endpoint read it itself. */
  readonly body?: CollectedBody
  readonly hasBodyText?: boolean
}

/**
 * The request as JSON. Written by hand around JSON.stringify of the strings: headers must keep
 * repeated names and a header called __proto__, which an object would lose.
 */
export function echoJson(exchange: Exchange, options: EchoOptions = {}): string {
  const { origin, path, query } = exchange
  const host = exchange.header('host')
  const uri = `${exchange.scheme}://${host}${path}${query === '' ? '' : `?${query}`}`
  const more = JSON.stringify(options.extra ?? {})
  return (
    `{"_myhostname":${JSON.stringify(origin.hostname)},"method":${JSON.stringify(exchange.method)}` +
    `,"uri":${JSON.stringify(uri)},"path":${JSON.stringify(path)},"query":${JSON.stringify(query)}` +
    `,"http_version":"${exchange.httpVersion}","headers":${headersJson(exchange.headers)}` +
    `,"content_type":${JSON.stringify(exchange.header('content-type'))}` +
    bodyJson(options.body ?? exchange.body, options.hasBodyText ?? true) +
    `,"usage":${options.hasUsage === false ? '{}' : usageJson}` +
    `,"source_addr":"${exchange.sourceAddress}","destination_addr":"${exchange.destinationAddress}"` +
    `,"request_id":${JSON.stringify(exchange.requestId)},"listener":"${exchange.listener}"` +
    (more === '{}' ? '}' : `,${more.slice(1)}`)
  )
}

/** The echo as an answer, with the request id in the header too. */
export function echoReply(
  exchange: Exchange,
  { status = 200, ...options }: EchoOptions & { readonly status?: number } = {},
): Reply {
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

function headersJson(headers: readonly string[]): string {
  const valuesByName = new Map<string, string>()
  let repeated: Map<string, string> | undefined
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? ''
    const value = JSON.stringify(headers[index + 1])
    const earlier = valuesByName.get(name)
    if (earlier === undefined) {
      valuesByName.set(name, value)
    } else {
      repeated ??= new Map()
      repeated.set(name, `${repeated.get(name) ?? earlier},${value}`)
    }
  }
  let json = ''
  for (const [name, value] of valuesByName) {
    const values = repeated?.get(name)
    json += `,${JSON.stringify(name)}:${values === undefined ? value : `[${values}]`}`
  }
  return `{${json.slice(1)}}`
}

function bodyJson(body: CollectedBody, hasText: boolean): string {
  if (!hasText || body.size === 0) return `,"body":"","body_size":${body.size}`
  const isTruncated = body.size > body.bytes.length
  const bytes = isTruncated ? wholeCharacters(body.bytes) : body.bytes
  const isText = isUtf8(bytes)
  const text = isText ? bytes.toString('utf8') : bytes.toString('base64')
  return (
    `,"body":${JSON.stringify(isTruncated && isText ? `${text}...[TRUNCATED]` : text)}` +
    `,"body_size":${body.size}` +
    (isTruncated ? ',"body_truncated":true' : '') +
    (isText ? '' : ',"body_encoding":"base64"')
  )
}

// The cut may stand in the middle of a character (at most 4 bytes), and would make text look binary.
function wholeCharacters(bytes: Buffer): Buffer {
  for (let cut = 0; cut < 4; cut++) {
    const shorter = bytes.subarray(0, bytes.length - cut)
    if (isUtf8(shorter)) return shorter
  }
  return bytes
}

export const echo = endpoint({
  id: 'echo',
  path: '/',
  summary: 'The request as JSON; also the answer of every path that is not listed here',
  parameters: {},
  reads: 'whole',
  examples: [
    {
      path: '/',
      status: 200,
      expectHeaders: { 'content-type': 'application/json' },
      expectBody: { json: { method: 'GET', path: '/', query: '', body: '', body_size: 0, usage } },
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
