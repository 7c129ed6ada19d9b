import { OriginError } from '../../errors.ts'
import { hasMember, listMembers } from './header-list.ts'

// The largest message the first server of this kind took, and what proxies are tested with.
const messageBytes = 16 * 1024 * 1024

/** What a WebSocket may cost, on every listener. */
export const webSocketLimits = {
  messageBytes,
  // Two of the largest messages may wait for a slow peer; a third closes the connection, so that a
  // peer that sends and never reads costs a bounded amount.
  queuedBytes: 2 * messageBytes + 1024,
  // Pings keep silent peers; 120 is uWebSockets' own default.
  idleSeconds: 120,
} as const

const plainText = 'Not a websocket handshake'

/**
 * Refuses what is not a handshake (RFC 6455 4.2.1); `header` gives the values of all lines of a lower-case name, joined,
 * or ''.
 */
export function checkHandshake(header: (name: string) => string): void {
  if (!hasMember(header('upgrade'), 'websocket') || !hasMember(header('connection'), 'upgrade')) {
    throw new OriginError('INVALID_REQUEST', plainText)
  }
  checkVersion(header('sec-websocket-version'))
}

/** Refuses a version other than RFC 6455's, and says which there is (4.4). */
export function checkVersion(version: string): void {
  if (version === '13') return
  throw new OriginError('INVALID_REQUEST', 'Sec-WebSocket-Version must be 13', [
    ['Sec-WebSocket-Version', '13'],
  ])
}

/** The refusal of a plain request to a WebSocket's path. */
export function notAHandshake(method: string): OriginError {
  return method === 'GET'
    ? new OriginError('INVALID_REQUEST', plainText)
    : new OriginError('METHOD_NOT_ALLOWED', 'Only GET requests are allowed for WebSocket', [
        ['Allow', 'GET'],
      ])
}

/**
 * One of the subprotocols offered (RFC 6455 4.2.2): the first, which is the one the client likes best, or '' for none.
 * What is not a token (RFC 9110 5.6.2) is not sent back: our header would be malformed.
 */
export function chooseProtocol(offered: string): string {
  const [first = ''] = listMembers(offered)
  return /^[\w!#$%&'*+.^`|~-]+$/.test(first) ? first : ''
}
