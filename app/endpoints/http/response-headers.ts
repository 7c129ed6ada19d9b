import { endpoint, jsonReply } from '../endpoint.ts'
import { fieldsOfQuery } from './query-fields.ts'

// What frames the message is the listener's, and faults can falsify it.
const framing = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

export const responseHeaders = endpoint({
  id: 'response-headers',
  path: '/response-headers',
  summary: 'The query as response headers: ?name=value, as many as you like up to 64',
  parameters: {},
  takesAnyQuery: true,
  group: 'client',
  answers: {
    200: {
      description: 'The headers, each name with the list of its values',
      content: {
        'application/json': {
          type: 'object',
          additionalProperties: { type: 'array', items: { type: 'string' } },
        },
      },
    },
  },
  refusals: ['INVALID_REQUEST'],
  reads: 'nothing',
  examples: [
    {
      path: '/response-headers?X-Tier=gold&X-Tier=silver&Server=mine',
      status: 200,
      expectHeaders: { 'x-tier': 'gold, silver' },
      expectBody: { json: { 'X-Tier': ['gold', 'silver'], Server: ['mine'] } },
    },
    {
      path: '/response-headers?Content-Length=3',
      status: 400,
      expectBody: { json: { code: 'INVALID_REQUEST' } },
    },
    { path: '/response-headers?a=b%0D%0Ac', status: 400 },
  ],
  handle({ query }) {
    const headers = fieldsOfQuery(query, {
      noun: 'response header',
      barred: framing,
      advice: 'does not frame the message; for false lengths and framing see hpdummy help faults',
    })
    const values = new Map<string, string[]>()
    for (const [name, value] of headers) values.set(name, [...(values.get(name) ?? []), value])
    const reply = jsonReply(Object.fromEntries(values))
    const hasType = headers.some(([name]) => name.toLowerCase() === 'content-type')
    return { ...reply, headers: hasType ? headers : [...reply.headers, ...headers] }
  },
})
