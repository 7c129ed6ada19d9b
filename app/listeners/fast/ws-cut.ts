import type { KnownEnd } from '../../evidence/ledger/arrival.ts'

// WebSocketProtocol.h of 20.51. Its other reasons are mistakes of the client's, for which the engine cuts the connection.
const tcpFin = 'Received TCP FIN before WebSocket close frame'
const timedOut = 'WebSocket timed out from inactivity'

/** How a WebSocket ended that no Close frame ended, by the reason that the engine gives; it gives none for RST. */
export function cutOf(reason: ArrayBuffer): KnownEnd {
  switch (Buffer.from(reason).toString()) {
    case tcpFin:
      return { cause: 'fin', by: 'client' }
    case timedOut:
      return { cause: 'timeout', by: 'origin' }
    case '':
      return { cause: 'abort', by: 'client' }
    default:
      return { cause: 'abort', by: 'origin' }
  }
}
