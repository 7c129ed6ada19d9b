import type { Exchange, Headers } from '../endpoint.ts'

/**
 * The value of `Incremental` (RFC 10036): whether the sender wants intermediaries to pass the message on as it comes.
 * Undefined without the field, and for a value that is not a boolean item (RFC 8941 3.3.6), which counts as absent.
 */
export function readIncremental(exchange: Pick<Exchange, 'header'>): boolean | undefined {
  const text = exchange.header('incremental')
  if (text === '') return undefined
  const match = /^ *\?([01])(?:;.*)? *$/.exec(text)
  return match === null ? undefined : match[1] === '1'
}

/**
 * What a streamed answer adds for a client that asked for it. The field is about one message, so the request's field
 * does not tell proxies about the answer. All our streams are sent piece by piece in any case.
 */
export function incrementalHeaders(exchange: Pick<Exchange, 'header'>): Headers {
  return readIncremental(exchange) === true ? asked : none
}

const asked: Headers = [['Incremental', '?1']]
const none: Headers = []

/** The request header for documents of endpoints that stream. */
export const incrementalRequest = {
  Incremental: '?1: the answer says so too, for proxies that would hold it back (RFC 10036)',
}
