import type { KnownEnd } from '../../evidence/ledger/arrival.ts'
import { earlyEnd } from './arrival.ts'
import type { WireExchange } from './exchange.ts'

/** How a WebSocket ended that no Close frame ended. */
export function cutOf(exchange: WireExchange): KnownEnd {
  const end = earlyEnd(exchange)
  // Of a stream of HTTP/2, END_STREAM is the FIN (RFC 8441 5).
  return end.cause === 'rst-stream' && end.code === 0 ? { cause: 'fin', by: 'client' } : end
}

const closeCodes = new Map([
  ['WS_ERR_INVALID_UTF8', 1007],
  ['WS_ERR_TOO_MANY_BUFFERED_PARTS', 1008],
  ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 1009],
])

/** The code that the library closes with after a mistake of the client's, of which 1002 is the usual one. */
export function closeCodeOf({ code = '' }: Error & { readonly code?: string }): number {
  return closeCodes.get(code) ?? 1002
}
