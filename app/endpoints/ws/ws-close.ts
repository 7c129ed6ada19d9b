import type { Codec } from '../codecs.ts'
import { optional } from '../codecs.ts'
import { type Socket, wsEndpoint } from './ws-endpoint.ts'

// A client that only waits for the close gets it, too, after it had time to speak.
const silenceMs = 1000

// RFC 6455 7.4: 1004-1006 and 1015 never travel in a close frame; 1016-2999 are not assigned.
const closeCode: Codec<number> = {
  allowed: 'a close code that may be sent: 1000-1003, 1007-1014 or 3000-4999',
  schema: { type: 'integer', minimum: 1000, maximum: 4999 },
  show: (value) => value,
  parse: (text) => (/^(?:100[0-37-9]|101[0-4]|[34]\d{3})$/.test(text) ? Number(text) : undefined),
}

export const wsClose = wsEndpoint({
  id: 'ws-close',
  path: '/ws/close/{code?}',
  summary: 'Answers one message with "Server received: ..." and closes; silent clients after 1 s',
  parameters: {
    code: { in: 'path', codec: optional(closeCode, 1000), doc: 'the close code' },
  },
  examples: [{ path: '/ws/close', status: 400, expectBody: { json: { code: 'INVALID_REQUEST' } } }],
  converse(_origin, { code }) {
    let timer: NodeJS.Timeout | undefined
    const close = (socket: Socket): void => {
      clearTimeout(timer)
      socket.end(code, 'server done')
    }
    return {
      open(socket) {
        timer = setTimeout(close, silenceMs, socket)
      },
      message(socket, message, isBinary) {
        const received = [Buffer.from('Server received: '), Buffer.from(message)]
        const answer = Uint8Array.from(Buffer.concat(received)).buffer
        socket.send(answer, isBinary)
        close(socket)
      },
      close() {
        clearTimeout(timer)
      },
    }
  },
})
