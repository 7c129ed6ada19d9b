import type { Fault } from './plan.ts'

/** A FIN after the answer, and the origin goes on reading. */
export const halfClose: Fault = {
  name: 'half-close',
  syntax: '',
  examples: ['fault=half-close'],
  effect:
    'After the answer, which does not say Connection: close, the origin ends its side of the connection (FIN). It goes on reading until the client ends too, or keepAlive.idle is over.',
  proxy: 'A proxy closes the connection and sends no other request on it (RFC 9112 9.6).',
  carriers: ['http1'],
  scan: () => ({ text: '', plan: () => ({ aftermath: { kind: 'half-close' } }) }),
}
