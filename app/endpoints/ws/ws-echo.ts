import { type Codec, optional } from '../codecs.ts'
import { type Conversation, wsEndpoint } from './ws-endpoint.ts'

const anyText: Codec<string> = optional(
  { allowed: 'any text', schema: { type: 'string' }, show: (text) => text, parse: (text) => text },
  '',
)

// One object for all connections: an echo has nothing to remember.
const conversation: Conversation = {
  message(socket, message, isBinary) {
    socket.send(message, isBinary)
  },
}

export const wsEcho = wsEndpoint({
  id: 'ws-echo',
  path: '/ws/{anything?}',
  summary: 'WebSocket echo: text stays text, binary stays binary, messages up to 16 MiB',
  parameters: {
    anything: { in: 'path', codec: anyText, doc: 'whatever tells your connections apart' },
  },
  takesAnyQuery: true,
  examples: [
    { path: '/ws', status: 400, expectBody: { json: { code: 'INVALID_REQUEST' } } },
    {
      path: '/ws/room',
      method: 'POST',
      status: 405,
      expectHeaders: { allow: 'GET' },
      expectBody: { json: { code: 'METHOD_NOT_ALLOWED' } },
    },
  ],
  converse: () => conversation,
})
