import { parseBytes } from '../units.ts'
import type { Fault } from './plan.ts'

/** The connection ends inside the body. Nothing is bent when the body is no longer than that. */
export const truncate: Fault = {
  name: 'truncate',
  example: 'truncate@1024',
  effect:
    'the head promises the whole body, this many bytes of it are sent, and the connection ends (FIN; RST_STREAM on HTTP/2)',
  proxy:
    'A proxy must not pass the answer on as a complete one: the message is incomplete (RFC 9112 8, RFC 9113 8.1.1)',
  parse(value) {
    const bytes = parseBytes(value)
    return bytes === undefined ? undefined : { cutAt: bytes }
  },
}
