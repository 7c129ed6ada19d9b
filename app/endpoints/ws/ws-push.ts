import { createBeat } from '../../traffic/pace.ts'
import { count, duration, optional, size } from '../codecs.ts'
import { eventBytesLimit, eventJson, eventPadding } from '../http/sse.ts'
import { type Socket, sendStatus, wsEndpoint } from './ws-endpoint.ts'

export const wsPush = wsEndpoint({
  id: 'ws-push',
  path: '/ws/push',
  summary:
    'Sends text messages with seq and sent_at_ns, then closes 1000; what the client says is dropped',
  parameters: {
    count: { in: 'query', codec: optional(count(0), 10), doc: 'how many messages; 0 = endless' },
    interval: { in: 'query', codec: optional(duration(), 1000), doc: 'between two' },
    size: {
      in: 'query',
      codec: optional(size(eventBytesLimit), 0),
      doc: 'bytes of padding in each message',
    },
  },
  examples: [{ path: '/ws/push', status: 400, expectBody: { json: { code: 'INVALID_REQUEST' } } }],
  converse(origin, { count: messages, interval, size: bytes }) {
    const padding = eventPadding(origin.block, bytes)
    const beat = createBeat(interval)
    let timer: NodeJS.Timeout | undefined
    let seq = 0
    const schedule = (socket: Socket): void => {
      timer = setTimeout(push, beat(), socket)
    }
    const push = (socket: Socket): void => {
      seq++
      const isSent = socket.send(eventJson(seq, padding), false) === sendStatus.sent
      if (seq === messages) socket.end(1000, 'server done')
      else if (isSent) schedule(socket)
    }
    return {
      open: schedule,
      // The peer reads again: continue where the queue stopped us.
      drain(socket) {
        clearTimeout(timer)
        if (seq !== messages) schedule(socket)
      },
      close() {
        clearTimeout(timer)
      },
    }
  },
})
